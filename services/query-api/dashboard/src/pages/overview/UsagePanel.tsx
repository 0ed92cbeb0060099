/** What a submission cost: money, tokens, time. */
import { useQueries } from "@tanstack/react-query";

import type { ModelRow } from "../../api/client.ts";
import { metricsQuery } from "../../api/queries.ts";
import { compact, duration, money, share } from "../../lib/format.ts";
import { Figure } from "../../ui/Figure.tsx";
import { Late, Panel } from "../../ui/Panel.tsx";

export function UsagePanel({ row }: { row: ModelRow }) {
  const metrics = useQueries({
    queries: row.attempts.slice(0, 4).map(({ modelName }) => metricsQuery(modelName, row.dataset)),
  });
  const known = metrics.flatMap(({ data }) => (data ? [data.overall] : []));
  const time = known.length ? known.reduce((sum, each) => sum + each.totalTime, 0) : null;
  const untold = metrics.some(({ error }) => error) ? "could not be loaded" : "not told";
  const perSolved = share(row.totalCost, row.tasksSolved ?? 0);
  return (
    <Panel title="What it took" hint="All attempts together.">
      <dl className="grid grid-cols-2 gap-x-5 gap-y-5">
        <Figure name="Cost" value={money(row.totalCost)} note="in all" />
        <Figure
          name="Per task"
          value={money(share(row.totalCost, row.tasksSubmitted))}
          note={perSolved === null ? "–" : `${money(perSolved)} per solved task`}
        />
        <Figure
          name="Tokens"
          value={compact(row.totalTokens)}
          note={`${compact(share(row.totalTokens, row.tasksSubmitted))} per task`}
        />
        <Figure
          name="Time"
          value={<Late query={metrics[0] ?? { isPending: false }}>{time ? duration(time) : "–"}</Late>}
          note={time ? `${duration(share(time, row.tasksSubmitted))} per task` : untold}
        />
      </dl>
    </Panel>
  );
}
