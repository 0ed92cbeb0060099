/** Runs in a table that can be sorted; each unfolds. */
import { useQuery } from "@tanstack/react-query";

import type { Run } from "../../api/client.ts";
import { type HistoryFilter, historyQuery } from "../../api/queries.ts";
import type { useParams } from "../../hooks/useParams.ts";
import { count, percent } from "../../lib/format.ts";
import { useLive } from "../../live/store.ts";
import { When } from "../../ui/Ago.tsx";
import { Badge, Status } from "../../ui/Badge.tsx";
import { ProgressBar } from "../../ui/Bar.tsx";
import { Name } from "../../ui/Name.tsx";
import { type Column, Table } from "../../ui/Table.tsx";
import { RunDetails, tookOf } from "./RunDetails.tsx";

const LEFT = "py-2.5 pr-2 text-left sm:pr-4";
/** What a phone leaves out: the details show it. */
const WIDE = "hidden py-2.5 pr-4 text-right whitespace-nowrap sm:table-cell";

const COLUMNS: Column<Run>[] = [
  { name: "Model", className: `${LEFT} max-w-20 sm:max-w-80`, cell: (run) => <NameOf run={run} /> },
  { name: "Status", className: LEFT, cell: (run) => <State run={run} /> },
  { name: "Auto-Triggered", className: LEFT, cell: (run) => <Trigger run={run} /> },
  {
    name: "Started",
    sort: "startedAt",
    className: WIDE,
    cell: ({ startedAt }) => <When at={startedAt} age />,
  },
  { name: "Took", sort: "durationMs", className: WIDE, cell: tookOf },
  { name: "Files", className: WIDE, cell: ({ successful }) => count(successful) },
  { name: "Failed", sort: "failed", className: WIDE, cell: (run) => <Failed run={run} /> },
  { name: "Score", sort: "score", className: WIDE, cell: ({ score }) => percent(score) },
];

/** The run that the address names, where it is on another page or filtered away: a link to it shows it all the same. */
function useLinked(runs: readonly Run[], open: string | null): Run | undefined {
  const id = Number(open);
  const away = open !== null && Number.isInteger(id) && id > 0 && !runs.some((run) => run.id === id);
  const found = useQuery({ ...historyQuery({ run: id, limit: 1 }), enabled: away });
  return away ? found.data?.runs[0] : undefined;
}

interface RunTableProps {
  runs: readonly Run[];
  filter: HistoryFilter;
  open: string | null;
  update: ReturnType<typeof useParams>[1];
}

export function RunTable({ runs, filter, open, update }: RunTableProps) {
  const { sort = "", order } = filter;
  const linked = useLinked(runs, open);
  const isOpen = (run: Run) => open === String(run.id);
  const details: Column<Run> = {
    name: <span className="sr-only">Details</span>,
    className: "py-2.5 text-right",
    cell: (run) => (
      <button
        type="button"
        className="text-muted hover:text-ink whitespace-nowrap"
        aria-expanded={isOpen(run)}
        onClick={() => update({ run: isOpen(run) ? null : String(run.id) }, { replace: true })}
      >
        Details<span className="sr-only"> of run {run.id}</span>{" "}
        <span aria-hidden="true">{isOpen(run) ? "▴" : "▾"}</span>
      </button>
    ),
  };
  return (
    <Table
      label="Table of runs"
      testId="run"
      columns={[...COLUMNS, details]}
      rows={linked ? [linked, ...runs] : runs}
      keyOf={({ id }) => id}
      sorted={{ by: sort, ascending: order === "asc" }}
      onSort={(next) =>
        update(
          { sort: next, order: next === sort && order === "desc" ? "asc" : null, page: null },
          { replace: true },
        )
      }
      below={(run) => isOpen(run) && <RunDetails run={run} />}
    />
  );
}

function NameOf({ run }: { run: Run }) {
  return (
    <>
      <span className="block text-xs font-medium sm:text-sm">
        <Name text={run.datasetName} />
      </span>
      <span className="text-muted block text-xs">
        <Name text={run.dataset ?? run.source ?? ""} />
      </span>
    </>
  );
}

function State({ run }: { run: Run }) {
  const live = useLive(({ running }) => running.find((each) => each.runId === run.id));
  return (
    <>
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
    </>
  );
}

function Trigger({ run }: { run: Run }) {
  return (
    <>
      {run.autoTriggered ? <Badge tone="accent">Auto</Badge> : <Badge>By hand</Badge>}{" "}
      <span className="text-muted hidden text-xs sm:inline">{run.trigger.replace("_", " ")}</span>
    </>
  );
}

function Failed({ run: { failed } }: { run: Run }) {
  return <span className={failed ? "text-bad font-semibold" : "text-muted"}>{count(failed)}</span>;
}
