/** What a submission cost: money, tokens, time. */
import type { UseQueryResult } from "@tanstack/react-query";

import type { ModelDetail, ModelRow } from "../../api/client.ts";
import { compact, count, duration, money, share } from "../../lib/format.ts";
import { costPerTask } from "../../lib/standing.ts";
import { Figure } from "../../ui/Figure.tsx";
import { Late, Panel } from "../../ui/Panel.tsx";
import { Traced } from "./provenance/Traced.tsx";

export function UsagePanel({ row, detail }: { row: ModelRow; detail: UseQueryResult<ModelDetail> }) {
  const time = detail.data?.attempts.reduce((sum, { overall }) => sum + (overall?.totalTime ?? 0), 0);
  const untold = detail.error ? "could not be loaded" : "not told";
  const perSolved = share(row.totalCost, row.tasksSolved ?? 0);
  const figures = [
    ["Cost", "cost", money(row.totalCost), "in all"],
    [
      "Per task",
      "cost",
      money(costPerTask(row)),
      `of the set’s ${count(row.tasksTotal)}${perSolved === null ? "" : `; ${money(perSolved)} per solved task`}`,
    ],
    [
      "Tokens",
      "tokens",
      compact(row.totalTokens),
      `${compact(share(row.totalTokens, row.tasksSubmitted))} per task submitted`,
    ],
    [
      "Time",
      "time",
      <Late query={detail}>{time ? duration(time) : "–"}</Late>,
      time ? `${duration(share(time, row.tasksSubmitted))} per task submitted` : untold,
    ],
  ] as const;
  return (
    <Panel title="What it took" hint="All attempts together.">
      <dl className="grid grid-cols-2 gap-x-5 gap-y-5">
        {figures.map(([name, by, value, note]) => (
          <Figure
            key={name}
            name={name}
            value={
              <Traced row={row} by={by}>
                {value}
              </Traced>
            }
            note={note}
          />
        ))}
      </dl>
    </Panel>
  );
}
