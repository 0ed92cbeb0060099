/** Every run: filter, sort, page, unfold. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";

import type { Run } from "../../api/client.ts";
import { type HistoryFilter, historyQuery } from "../../api/queries.ts";
import { useParams } from "../../hooks/useParams.ts";
import { plural } from "../../lib/format.ts";
import { Answer, Empty, Panel } from "../../ui/Panel.tsx";
import { Pager } from "../../ui/Pager.tsx";
import { Scroll } from "../../ui/Scroll.tsx";
import { SortHeader } from "../../ui/SortHeader.tsx";
import { Filters } from "./Filters.tsx";
import { filterOf, isFiltered, PAGE } from "./history.ts";
import { RunRow } from "./RunRow.tsx";

const COLUMNS: [name: string, sort: NonNullable<HistoryFilter["sort"]> | null, right: boolean][] = [
  ["Model", null, false],
  ["Status", null, false],
  ["Auto-Triggered", null, false],
  ["Started", "startedAt", true],
  ["Took", "durationMs", true],
  ["Files", null, true],
  ["Failed", "failed", true],
  ["Accuracy", "accuracyPercent", true],
];

export function History() {
  const [params, update] = useParams();
  const filter = filterOf(params);
  const runs = useQuery({ ...historyQuery(filter), placeholderData: keepPreviousData });
  const page = Number(params.get("page") ?? 1);
  return (
    <Panel title="History" hint="Every run; unfold one for what went wrong with its files.">
      <Filters params={params} update={update} />
      <Answer query={runs} what="the history" lines={6}>
        {(data) =>
          data.runs.length === 0 && !params.get("run") ? (
            <Nothing filtered={isFiltered(filter)} />
          ) : (
            <>
              <Table runs={data.runs} filter={filter} open={params.get("run")} update={update} />
              <p className="text-muted mt-3 text-sm">{plural(data.total, "run")}</p>
              <Pager
                label="the history"
                page={page}
                size={PAGE}
                total={data.total}
                go={(next) => update({ page: next === 1 ? null : String(next) })}
              />
            </>
          )
        }
      </Answer>
    </Panel>
  );
}

function Nothing({ filtered }: { filtered: boolean }) {
  return filtered ? (
    <Empty title="No run fits.">The filters leave nothing over.</Empty>
  ) : (
    <Empty title="No run yet.">Each ingestion is listed here from the moment it starts.</Empty>
  );
}

/** The run that the address names, where it is on another page or filtered away: a link to it shows it all the same. */
function useLinked(runs: readonly Run[], open: string | null): Run | undefined {
  const id = Number(open);
  const away = open !== null && Number.isInteger(id) && id > 0 && !runs.some((run) => run.id === id);
  const found = useQuery({ ...historyQuery({ run: id, limit: 1 }), enabled: away });
  return away ? found.data?.runs[0] : undefined;
}

interface TableProps {
  runs: readonly Run[];
  filter: HistoryFilter;
  open: string | null;
  update: ReturnType<typeof useParams>[1];
}

function Table({ runs, filter, open, update }: TableProps) {
  const { sort, order } = filter;
  const linked = useLinked(runs, open);
  const sortBy = (next: string) =>
    update(
      { sort: next, order: next === sort && order === "desc" ? "asc" : null, page: null },
      { replace: true },
    );
  const toggle = (run: Run) => (on: boolean) =>
    update({ run: on ? String(run.id) : null }, { replace: true });
  return (
    <Scroll label="Table of runs" className="-mx-5 relative overflow-x-auto px-5">
      <table className="w-full text-sm sm:min-w-4xl">
        <thead className="label">
          <tr>
            {COLUMNS.map(([name, key, right]) => {
              const className = `py-2 pr-2 sm:pr-4 ${right ? "hidden text-right sm:table-cell" : "text-left"}`;
              const sorted = order === "asc" ? "ascending" : "descending";
              if (!key) return <th key={name} className={className} children={name} />;
              const props = { name, className, sorted: key === sort ? sorted : undefined } as const;
              return <SortHeader key={name} {...props} onSort={() => sortBy(key)} />;
            })}
            <th className="py-2">
              <span className="sr-only">Details</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {[...(linked ? [linked] : []), ...runs].map((run) => (
            <RunRow
              key={run.id}
              run={run}
              open={open === String(run.id)}
              columns={COLUMNS.length + 1}
              onToggle={toggle(run)}
            />
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}
