/** Small marks: a state in words with its colour, and the dot of something alive. */
import type { ReactNode } from "react";

import type { Schemas } from "../api/client.ts";

export type Tone = "good" | "part" | "bad" | "accent" | "plain";

const TONES: Record<Tone, [badge: string, dot: string]> = {
  good: ["bg-good-soft text-good", "bg-good"],
  part: ["bg-part-soft text-part", "bg-part"],
  bad: ["bg-bad-soft text-bad", "bg-bad"],
  accent: ["bg-accent-soft text-accent", "bg-accent"],
  plain: ["bg-raised text-muted", "bg-muted"],
};

export function Badge({ tone = "plain", children }: { tone?: Tone; children: ReactNode }) {
  return (
    <span
      className={`inline-flex items-center gap-1 rounded-full px-2 py-0.5 text-xs font-semibold whitespace-nowrap ${TONES[tone][0]}`}
    >
      {children}
    </span>
  );
}

export function Dot({ tone, alive = false }: { tone: Tone; alive?: boolean }) {
  return (
    <span aria-hidden="true" className="relative inline-flex size-2 shrink-0">
      {alive && <span className={`ping-soft absolute inset-0 rounded-full ${TONES[tone][1]}`} />}
      <span className={`relative size-2 rounded-full ${TONES[tone][1]}`} />
    </span>
  );
}

const STATUSES: Readonly<Record<string, Tone>> = {
  completed: "good",
  partial: "part",
  failed: "bad",
  running: "accent",
  skipped: "plain",
  removed: "plain",
  unknown: "plain",
} satisfies Record<Schemas["Run"]["status"] | Schemas["ModelRow"]["status"], Tone>;

/** How a run, a sync or a submission stands. */
export function Status({ status }: { status: string }) {
  return <Badge tone={STATUSES[status] ?? "plain"}>{status}</Badge>;
}
