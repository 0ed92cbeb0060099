/** What was asked for on this page, each request followed by its id to its end. */
import { useQuery } from "@tanstack/react-query";

import type { Schemas } from "../../api/client.ts";
import { requestQuery } from "../../api/queries.ts";
import { NAME, short } from "../../lib/clip.ts";
import { Badge, type Tone } from "../../ui/Badge.tsx";
import { CancelButton } from "./CancelButton.tsx";
import { type Requested, useRequested } from "./requested.ts";

type Where = Schemas["RequestAnswer"];

const TONES: Record<Where["state"], Tone> = {
  queued: "plain",
  waiting: "plain",
  running: "accent",
  done: "good",
  skipped: "plain",
  failed: "bad",
};

const WAITS: readonly Where["state"][] = ["queued", "waiting", "running"];

export function RequestedList() {
  const requests = useRequested();
  if (requests.length === 0) return null;
  return (
    <ul aria-label="Requested here" className="divide-line mt-3 divide-y">
      {requests.map((each) => (
        <Row key={each.id} {...each} />
      ))}
    </ul>
  );
}

function Row({ id, model, verified }: Requested) {
  const { data, error } = useQuery(requestQuery(id));
  return (
    <li data-testid="request" className="flex flex-wrap items-baseline justify-between gap-3 py-2 text-sm">
      <span className="min-w-0 wrap-anywhere">
        {model}{" "}
        <span className="text-muted">
          {[data?.dataset, data ? words(data) : (error?.message ?? "requested")].filter(Boolean).join(": ")}
        </span>
        {!verified && <span className="text-muted">; the Hub could not be asked for the folder</span>}
      </span>
      {data && (
        <span className="flex items-baseline gap-3">
          {WAITS.includes(data.state) && <CancelButton what={{ request: id }} name={short(model, NAME)} />}
          <Badge tone={TONES[data.state]}>{data.state}</Badge>
        </span>
      )}
    </li>
  );
}

function words({ state, ahead, progress, reason, run }: Where): string {
  if (reason) return reason;
  if (state === "queued" && ahead) return `behind ${ahead}`;
  if (state === "waiting") return "after the ingestion that goes on";
  if (progress) return `${progress.done} of ${progress.total} files`;
  return run ? `run ${run.id}` : "";
}
