/** The notifier's channels as the API tells of them, and what their tests and filters say in words. */
import { queryOptions } from "@tanstack/react-query";

import { guarded, headers } from "../../api/admin.ts";
import { api, type Schemas, unwrap } from "../../api/client.ts";
import { keys } from "../../api/queries.ts";
import { plural } from "../../lib/format.ts";
import type { Tone } from "../../ui/Badge.tsx";

export type Channel = Schemas["NotificationChannel"];
export type ChannelTest = Schemas["ChannelTest"];

const NEWS: Readonly<Record<string, string>> = {
  landing: "landings",
  failure: "failures",
  verification: "failed verifications",
};

const LOOK_MS = 15_000;
/** While a test is on its way. */
const LOOK_SOON_MS = 2_000;

export const isOnItsWay = (test: ChannelTest | null) =>
  test?.state === "waiting" || test?.state === "sending";

export const channelsQuery = () =>
  queryOptions({
    queryKey: keys.notifications(),
    retry: false,
    queryFn: ({ signal }) =>
      guarded(() => unwrap(api.GET("/api/admin/notifications", { headers: headers(), signal }))),
    refetchInterval: ({ state }) =>
      state.data?.data.some(({ lastTest }) => isOnItsWay(lastTest)) ? LOOK_SOON_MS : LOOK_MS,
  });

export function askTest(name: string): Promise<unknown> {
  const options = { params: { path: { name } }, headers: headers() };
  return guarded(() => unwrap(api.POST("/api/admin/notifications/{name}/test", options)));
}

/** What became of a test, as far as it is known. */
export function testText({ state, reason }: ChannelTest): { tone: Tone; text: string } {
  switch (state) {
    case "waiting":
      return { tone: "plain", text: "waits for the notifier" };
    case "sending":
      return { tone: "plain", text: "is being sent" };
    case "delivered":
      return { tone: "good", text: "was delivered" };
    case "refused":
      return { tone: "bad", text: `was refused: ${reason ?? "no reason"}` };
    case "expired":
      return { tone: "bad", text: "was not sent: no notifier took it" };
    case "unknown":
      return { tone: "bad", text: "may have been sent: the notifier ended meanwhile" };
  }
}

/** Which news a channel takes. */
export function filterText({ filters }: Channel): string {
  if (!filters) return "Not known";
  const { events, datasets, models, minScore, digestSeconds } = filters;
  return [
    events.map((kind) => NEWS[kind] ?? kind).join(", "),
    datasets.length > 0 && `of ${datasets.join(", ")}`,
    models.length > 0 && `models ${models.join(", ")}`,
    minScore !== null && `landings from ${Math.round(minScore * 1_000) / 10}%`,
    digestSeconds === 0 ? "each at once" : `together after ${plural(digestSeconds, "second")}`,
  ]
    .filter(Boolean)
    .join("; ");
}
