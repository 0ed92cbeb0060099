/** Commit, run, rules and edition of the task set behind a submission's figures. */
import { Link } from "wouter";

import type { ModelRow, Schemas } from "../../../api/client.ts";
import { setName } from "../../../lib/names.ts";
import { Badge } from "../../../ui/Badge.tsx";

type Provenance = Schemas["Provenance"];

export function runHref(run: number): string {
  return `/ingestion?run=${run}`;
}

export function Facts({ row, from }: { row: ModelRow; from: Provenance }) {
  const facts = [
    [
      "Files at commit",
      <a key="commit" className="link font-mono" href={from.hubUrl ?? undefined}>
        {from.revision.slice(0, 12)}
      </a>,
    ],
    [
      "Ingested by",
      <Link key="run" className="link" href={runHref(from.runId)}>
        run {from.runId}
      </Link>,
    ],
    ["Rules", <Rules key="rules" from={from} />],
    [
      "Task set",
      <span key="set">
        {setName(row.source)}, edition <span className="font-mono">{from.taskSetVersion ?? "not known"}</span>{" "}
        <Edition from={from} />
      </span>,
    ],
  ] as const;
  return (
    <dl className="grid gap-x-6 gap-y-3 sm:grid-cols-2 lg:grid-cols-4">
      {facts.map(([name, value]) => (
        <div key={name} className="min-w-0">
          <dt className="label">{name}</dt>
          <dd className="mt-0.5 text-sm break-words">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Rules({ from: { rulesVersion, rules, rulesVersionToday } }: { from: Provenance }) {
  if (rulesVersion === null) return <>from before rules had versions (today: {rulesVersionToday})</>;
  return (
    <>
      version {rulesVersion}
      {rulesVersion === rulesVersionToday ? "" : ` (today: ${rulesVersionToday})`}
      {rules && <span className="text-muted block text-xs">{rules}</span>}
    </>
  );
}

/** Whether a score is by today's edition of the task set; says nothing where that is not known. */
export function Edition({ from }: { from: Pick<Provenance, "taskSetCurrent"> }) {
  if (from.taskSetCurrent === null) return null;
  return from.taskSetCurrent ? (
    <Badge tone="good">today&apos;s</Badge>
  ) : (
    <Badge tone="part">another edition</Badge>
  );
}
