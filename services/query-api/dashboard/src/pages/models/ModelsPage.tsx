/** The leaderboard: every submission, as a plot, as a table, and in the order in which they landed. */
import { useQuery } from "@tanstack/react-query";
import { memo, useMemo } from "react";

import type { ModelRow } from "../../api/client.ts";
import { modelsQuery } from "../../api/queries.ts";
import { useHeld } from "../../hooks/useHeld.ts";
import { useIsPhone } from "../../hooks/useIsPhone.ts";
import { useParams } from "../../hooks/useParams.ts";
import { useTitle } from "../../hooks/useTitle.ts";
import { chosen, facets } from "../../lib/facets.ts";
import { plural } from "../../lib/format.ts";
import { keyOf, named, newestOf } from "../../lib/rows.ts";
import { taskSetIn, taskSetsOf } from "../../lib/taskSets.ts";
import { Export } from "../../ui/Export.tsx";
import { News } from "../../ui/News.tsx";
import { Answer, Empty, Panel } from "../../ui/Panel.tsx";
import { Filters } from "./Filters.tsx";
import { Records } from "./records/Records.tsx";
import { Scatter } from "./Scatter.tsx";
import { Submissions } from "./Submissions.tsx";
import { TaskSets } from "./TaskSets.tsx";
import { Timeline } from "./Timeline.tsx";

const NONE: readonly ModelRow[] = [];
const SUBMISSIONS = { keyOf, stampOf: ({ ingestedAt }: ModelRow) => ingestedAt };

/** What is shown of the rows: those of one task set, and of these what the filters let through. */
function shownOf(rows: readonly ModelRow[], params: URLSearchParams) {
  const set = taskSetIn(params, rows);
  const ofSet = rows.filter(({ source }) => source === set);
  const dataset = params.get("dataset") ?? "";
  const within = ofSet.filter((row) => !dataset || row.dataset === dataset);
  const [provider = "", family = "", kind = ""] = facets.map((facet) => params.get(facet) ?? "");
  const shown = named(chosen(within, { provider, family, kind }), params.get("q") ?? "");
  return { set, ofSet, within, shown };
}

/** The address without what only orders the rows, or belongs to one chart. */
function filtersIn(params: URLSearchParams): string {
  const filters = new URLSearchParams(params);
  for (const name of ["sort", "order", "by", "until"]) filters.delete(name);
  return filters.toString();
}

export default function ModelsPage() {
  useTitle("Leaderboard");
  const models = useQuery(modelsQuery());
  const [params] = useParams();
  const live = models.data?.data ?? NONE;
  const held = useHeld(live, SUBMISSIONS);
  const { rows } = held;
  const newest = newestOf(live);
  // What sorts the table changes nothing of this.
  const filters = filtersIn(params);
  const { set, ofSet, within, shown } = useMemo(
    () => shownOf(rows, new URLSearchParams(filters)),
    [rows, filters],
  );

  return (
    <div className="space-y-5">
      <header className="flex flex-wrap items-end justify-between gap-4 pt-2">
        <div className="min-w-0">
          <h1 className="text-3xl font-semibold tracking-[-0.02em]">Leaderboard</h1>
          <p className="text-muted mt-1 text-sm">
            {plural(shown.length, "submission")}, scored over every task of the set: leaving tasks out raises
            nothing.
          </p>
        </div>
        <Filters rows={ofSet} within={within} />
      </header>
      <News of={held} what="the leaderboard" />
      <Answer query={models} what="the models" lines={10}>
        {() => (
          <>
            {rows.length > 0 && <TaskSets sets={taskSetsOf(rows)} current={set} />}
            {shown.length ? (
              <Board rows={shown} latest={newest ? keyOf(newest) : ""} />
            ) : ofSet.length ? (
              <Empty title="No submission fits.">The filters above leave nothing over.</Empty>
            ) : rows.length ? (
              <Empty title="No submission answers this task set.">
                The tabs above name those that some do.
              </Empty>
            ) : (
              <Empty title="Nothing here yet.">The first model shows up by itself when it lands.</Empty>
            )}
          </>
        )}
      </Answer>
    </div>
  );
}

/** Whoever sorts has the table drawn again, and nothing else. Where there is room for one only, the table is first. */
const Board = memo(function Board({ rows, latest }: { rows: readonly ModelRow[]; latest: string }) {
  const isPhone = useIsPhone();
  const table = (
    <Panel
      key="table"
      title="All submissions"
      hint="Pick a column's name to sort by it: the rank stays, it is by score. Below a rank are those that comparisons task by task leave open, below a score its 95% interval. People and baselines have no rank."
      aside={<Export name="All submissions" rows={() => rows} />}
    >
      <Submissions rows={rows} latest={latest} />
    </Panel>
  );
  return (
    <>
      {isPhone && table}
      <Panel
        title="Score against cost"
        hint="Up is better, left is cheaper. The line joins what nothing cheaper beats, of models that answer 95% of the tasks or more. Cost per task: all attempts, over all tasks of the set."
        aside={<Export name="Score against cost" rows={() => rows} />}
      >
        <Scatter rows={rows} latest={latest} />
      </Panel>
      <Records rows={rows} />
      <Panel
        title="Landings"
        hint="When each one was uploaded to the Hub."
        aside={<Export name="Landings" rows={() => rows} />}
      >
        <Timeline rows={rows} />
      </Panel>
      {!isPhone && table}
    </>
  );
});
