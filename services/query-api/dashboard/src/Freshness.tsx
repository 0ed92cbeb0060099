/** Says when what is shown may be behind the truth. */
import { useQuery } from "@tanstack/react-query";

import { modelsQuery } from "./api/queries.ts";
import { useLatestHFModel } from "./hooks/useLatestHFModel.ts";
import { useNow } from "./hooks/useNow.ts";
import { useUnlessPaused } from "./hooks/useUnlessPaused.ts";
import { BASE } from "./lib/base.ts";
import { ago } from "./lib/format.ts";
import { useLive } from "./live/store.ts";

// This answer comes from the server's memory, mostly as a 304: the cheapest way to hear that it lags behind.
const EVERY_MS = 60_000;

export function Freshness() {
  const models = useQuery(modelsQuery());
  const { stale, asOf } = useLatestHFModel({ baseUrl: BASE, everyMs: useUnlessPaused(EVERY_MS) });
  const connection = useLive((state) => state.connection);
  const lostAt = useLive((state) => state.lostAt);
  const now = useNow();
  const lost = connection === "lost" && lostAt !== null;
  const failing = models.failureCount > 0;
  if (!lost && !stale && !failing) return null;
  const answered = lost && !failing && models.dataUpdatedAt > lostAt;
  const why = stale
    ? "The server cannot reach its database or its bus."
    : answered
      ? "Live updates do not get through; this page asks every five minutes instead."
      : "The server does not answer; this page tries again by itself.";
  const since =
    stale && asOf ? asOf : new Date(answered ? models.dataUpdatedAt : (lostAt ?? models.dataUpdatedAt));
  return (
    <div
      role="status"
      data-testid="stale"
      className="bg-part-soft text-part mb-3 rounded-xl px-4 py-2.5 text-sm"
    >
      <strong className="font-semibold">This may be out of date.</strong> {why} Last heard of it{" "}
      {ago(new Date(since).toISOString(), now)}.
    </div>
  );
}
