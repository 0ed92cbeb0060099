/** One run, and what unfolds below it. */
import { Link } from "wouter";

import type { Run } from "../../api/client.ts";
import { useNow } from "../../hooks/useNow.ts";
import { ago, count, duration, moment, percent, shortDataset } from "../../lib/format.ts";
import { modelHref } from "../../lib/rows.ts";
import { useLive } from "../../live/store.ts";
import { Badge, Status } from "../../ui/Badge.tsx";
import { ProgressBar } from "../../ui/Bar.tsx";
import { Scroll } from "../../ui/Scroll.tsx";
import { RunErrors } from "./RunErrors.tsx";

interface RunRowProps {
  run: Run;
  open: boolean;
  columns: number;
  onToggle: (open: boolean) => void;
}

export function RunRow({ run, open, columns, onToggle }: RunRowProps) {
  return (
    <>
      <tr data-testid="run" className="border-line hover:bg-raised border-t">
        <Named run={run} />
        <State run={run} />
        <td className="py-2.5 pr-2 sm:pr-4">
          {run.autoTriggered ? <Badge tone="accent">Auto</Badge> : <Badge>By hand</Badge>}{" "}
          <span className="text-muted hidden text-xs sm:inline">{run.trigger.replace("_", " ")}</span>
        </td>
        <Figures run={run} />
        <td className="py-2.5 text-right">
          <button
            type="button"
            className="text-muted hover:text-ink whitespace-nowrap"
            aria-expanded={open}
            onClick={() => onToggle(!open)}
          >
            Details<span className="sr-only"> of run {run.id}</span>{" "}
            <span aria-hidden="true">{open ? "▴" : "▾"}</span>
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

function Named({ run }: { run: Run }) {
  return (
    <td className="max-w-20 py-2.5 pr-2 sm:max-w-80 sm:pr-4">
      <span
        className="block text-xs font-medium wrap-anywhere sm:truncate sm:text-sm"
        title={run.datasetName}
      >
        {run.datasetName}
      </span>
      <span className="text-muted block truncate text-xs">
        {run.dataset ? shortDataset(run.dataset) : run.source}
      </span>
    </td>
  );
}

function State({ run }: { run: Run }) {
  const live = useLive(({ running }) => running.find((each) => each.runId === run.id));
  return (
    <td className="py-2.5 pr-2 sm:pr-4">
      <Status status={run.status} /> {run.dryRun && <Badge>dry run</Badge>}
      {live && (
        <div className="mt-1.5 w-28">
          <ProgressBar
            done={live.done}
            total={live.total}
            label={`Run ${run.id}: ${live.done} of ${live.total} files`}
          />
        </div>
      )}
    </td>
  );
}

/** What a phone leaves out: the details show it. */
function Figures({ run }: { run: Run }) {
  const now = useNow();
  const cell = "hidden py-2.5 pr-4 text-right sm:table-cell";
  return (
    <>
      <td className={`${cell} whitespace-nowrap`}>
        <time dateTime={run.startedAt} title={moment(run.startedAt)}>
          {ago(run.startedAt, now)}
        </time>
      </td>
      <td className={`${cell} whitespace-nowrap`}>{tookOf(run)}</td>
      <td className={cell}>{count(run.successful)}</td>
      <td className={`${cell} ${run.failed ? "text-bad font-semibold" : "text-muted"}`}>
        {count(run.failed)}
      </td>
      <td className={cell}>{accuracyOf(run)}</td>
    </>
  );
}

function tookOf(run: Run): string {
  return run.completedAt ? duration(run.durationMs) : "–";
}

function accuracyOf(run: Run): string {
  return run.accuracyPercent === null ? "–" : percent(run.accuracyPercent / 100);
}

function Details({ run }: { run: Run }) {
  const facts: [string, string][] = [
    ["Run", String(run.id)],
    ["Started", moment(run.startedAt)],
    ["Completed", run.completedAt ? moment(run.completedAt) : "–"],
    ["Files", `${count(run.successful)} used, ${count(run.failed)} failed, ${count(run.skipped)} skipped`],
    ["Took", tookOf(run)],
    ["Score", percent(run.score)],
    ["Accuracy", accuracyOf(run)],
    ["Deliveries", String(run.deliveryCount ?? "–")],
    ["Task set", run.source ?? "–"],
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
        <Scroll label="Error" className="bg-bad-soft max-h-60 overflow-auto rounded-lg p-3">
          <pre className="text-bad text-xs whitespace-pre-wrap">{run.errorLog}</pre>
        </Scroll>
      )}
      {run.status !== "running" && <RunErrors run={run.id} />}
      {run.dataset && (run.status === "completed" || run.status === "partial") && !run.dryRun && (
        <Link href={modelHref(run.dataset, run.datasetName)} className="link text-sm">
          Show the model
        </Link>
      )}
    </div>
  );
}
