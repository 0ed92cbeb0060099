/** Every run: filter, sort, page, unfold. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";

import type { Run } from "../../api/client.ts";
import { historyQuery } from "../../api/queries.ts";
import { useHeld } from "../../hooks/useHeld.ts";
import { useParams } from "../../hooks/useParams.ts";
import { plural } from "../../lib/format.ts";
import { Answer, Empty, Panel } from "../../ui/Panel.tsx";
import { Export } from "../../ui/Export.tsx";
import { News } from "../../ui/News.tsx";
import { Pager } from "../../ui/Pager.tsx";
import { Filters } from "./Filters.tsx";
import { filterOf, isFiltered, PAGE } from "./history.ts";
import { useHasAsked } from "./requested.ts";
import { RunTable } from "./RunTable.tsx";

const RUNS = { keyOf: ({ id }: Run) => id, stampOf: () => 0, isPage: true };
const isByHand = ({ trigger }: Run) => trigger === "manual";
const NONE: readonly Run[] = [];

export function History() {
  const [params, update] = useParams();
  const filter = filterOf(params);
  const runs = useQuery({ ...historyQuery(filter), placeholderData: keepPreviousData });
  const identity = { ...RUNS, isOwn: useHasAsked() ? isByHand : undefined };
  const of = `${JSON.stringify(filter)} ${runs.isPlaceholderData}`;
  const held = useHeld(runs.data?.runs ?? NONE, identity, of);
  const page = Number(params.get("page") ?? 1);
  return (
    <Panel
      title="History"
      hint="Every run; unfold one for what went wrong with its files."
      aside={
        <div className="flex items-center gap-3">
          <News of={held} what="the history" />
          {runs.data && <Export name="Runs" rows={() => runs.data.runs} />}
        </div>
      }
    >
      <Filters />
      <Answer query={runs} what="the history" lines={6}>
        {(data) =>
          data.runs.length === 0 && !params.get("run") ? (
            <Nothing filtered={isFiltered(filter)} />
          ) : (
            <>
              <RunTable
                runs={asTheyAre(held.rows, data.runs)}
                filter={filter}
                open={params.get("run")}
                update={update}
              />
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

/** The runs that are shown, each with its present state: it changes without moving anything. */
function asTheyAre(shown: readonly Run[], live: readonly Run[]): Run[] {
  const present = new Map(live.map((run) => [run.id, run]));
  return shown.map((run) => present.get(run.id) ?? run);
}

function Nothing({ filtered }: { filtered: boolean }) {
  return filtered ? (
    <Empty title="No run fits.">The filters leave nothing over.</Empty>
  ) : (
    <Empty title="No run yet.">Each ingestion is listed here from the moment it starts.</Empty>
  );
}
