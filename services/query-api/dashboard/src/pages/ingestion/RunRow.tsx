/** One run, and what unfolds below it. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";

import type { Run } from "../../api/client.ts";
import { modelQuery } from "../../api/queries.ts";
import { useNow } from "../../hooks/useNow.ts";
import { ago, count, duration, moment, percent, shortDataset } from "../../lib/format.ts";
import { modelHref } from "../../live/connect.ts";
import { Badge, STATUS_TONES } from "../../ui/Badge.tsx";
import { Loading } from "../../ui/Panel.tsx";
import { ErrorTable } from "../overview/Problems.tsx";

interface RunRowProps {
  run: Run;
  open: boolean;
  columns: number;
  onToggle: (open: boolean) => void;
}

export function RunRow({ run, open, columns, onToggle }: RunRowProps) {
  const now = useNow();
  return (
    <>
      <tr data-testid="run" className="border-line hover:bg-raised border-t">
        <td className="max-w-80 py-2.5 pr-4">
          <span className="block truncate font-medium" title={run.datasetName}>
            {run.datasetName}
          </span>
          <span className="text-muted block truncate text-xs">
            {run.dataset ? shortDataset(run.dataset) : run.source}
          </span>
        </td>
        <td className="py-2.5 pr-4">
          <Badge tone={STATUS_TONES[run.status] ?? "plain"}>{run.status}</Badge>{" "}
          {run.dryRun && <Badge>dry run</Badge>}
        </td>
        <td className="py-2.5 pr-4">
          {run.autoTriggered ? <Badge tone="accent">Auto</Badge> : <Badge>By hand</Badge>}{" "}
          <span className="text-muted text-xs">{run.trigger.replace("_", " ")}</span>
        </td>
        <td className="py-2.5 pr-4 text-right whitespace-nowrap">
          <time dateTime={run.startedAt} title={moment(run.startedAt)}>
            {ago(run.startedAt, now)}
          </time>
        </td>
        <td className="py-2.5 pr-4 text-right whitespace-nowrap">
          {run.completedAt ? duration(run.durationMs) : "–"}
        </td>
        <td className="py-2.5 pr-4 text-right">{count(run.successful)}</td>
        <td className={`py-2.5 pr-4 text-right ${run.failed ? "text-bad font-semibold" : "text-muted"}`}>
          {count(run.failed)}
        </td>
        <td className="py-2.5 pr-4 text-right">
          {run.accuracyPercent === null ? "–" : percent(run.accuracyPercent / 100)}
        </td>
        <td className="py-2.5 text-right">
          <button
            type="button"
            className="text-muted hover:text-ink px-1.5"
            aria-expanded={open}
            aria-label={`Details of run ${run.id}`}
            onClick={() => onToggle(!open)}
          >
            {open ? "▴" : "▾"}
          </button>
        </td>
      </tr>
      {open && (
        <tr>
          <td colSpan={columns} className="pb-4">
            <Details run={run} />
          </td>
        </tr>
      )}
    </>
  );
}

function Details({ run }: { run: Run }) {
  const facts: [string, string][] = [
    ["Run", String(run.id)],
    ["Started", moment(run.startedAt)],
    ["Completed", run.completedAt ? moment(run.completedAt) : "–"],
    ["Files", `${count(run.successful)} used, ${count(run.failed)} failed, ${count(run.skipped)} skipped`],
    ["Score", percent(run.score)],
    ["Deliveries", String(run.deliveryCount ?? "–")],
    ["Commit", run.revision?.slice(0, 12) ?? "–"],
    ["Folder's tree", run.treeOid?.slice(0, 12) ?? "–"],
  ];
  return (
    <div className="bg-raised space-y-4 rounded-xl p-4">
      <dl className="grid grid-cols-2 gap-x-6 gap-y-3 sm:grid-cols-4">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt className="label">{name}</dt>
            <dd className="mt-0.5 text-sm break-words">{value}</dd>
          </div>
        ))}
      </dl>
      {run.errorLog && (
        <pre
          tabIndex={0}
          className="bg-bad-soft text-bad max-h-60 overflow-auto rounded-lg p-3 text-xs whitespace-pre-wrap"
        >
          {run.errorLog}
        </pre>
      )}
      {run.failed > 0 && run.dataset && <FileErrors dataset={run.dataset} run={run} />}
      {run.dataset && (run.status === "completed" || run.status === "partial") && !run.dryRun && (
        <Link href={modelHref(run.dataset, run.datasetName)} className="link text-sm">
          Show the model
        </Link>
      )}
    </div>
  );
}

function FileErrors({ dataset, run }: { dataset: string; run: Run }) {
  const detail = useQuery(modelQuery(dataset, run.datasetName));
  if (detail.isPending) return <Loading lines={2} label="Loading the files' errors" />;
  const current = detail.data?.versions[0]?.runId === run.id;
  if (!detail.data || !current) return null;
  return <ErrorTable errors={detail.data.ingestionErrors} />;
}
