/** Two submissions, task by task. */
import { useQueries } from "@tanstack/react-query";
import { useMemo } from "react";

import type { ModelRow } from "../../api/client.ts";
import { modelQuery } from "../../api/queries.ts";
import { useParams } from "../../hooks/useParams.ts";
import { compact, count, money, percent, share } from "../../lib/format.ts";
import { setName } from "../../lib/names.ts";
import { type Duel, cells, duel, DUELS } from "../../lib/tasks.ts";
import { Filter } from "../../ui/Filter.tsx";
import { Empty, Failure, Loading, Panel } from "../../ui/Panel.tsx";
import { Scroll } from "../../ui/Scroll.tsx";
import { Strip } from "./Strip.tsx";

export function Comparison({ first, second }: { first: ModelRow; second: ModelRow }) {
  return (
    <Panel title={`${first.displayName} and ${second.displayName}`} hint="Side by side.">
      <SideBySide first={first} second={second} />
      {first.source === second.source ? (
        <Tasks first={first} second={second} />
      ) : (
        <Empty title="They answer different tasks.">
          {setName(first.source)} and {setName(second.source)} share no tasks to compare one by one.
        </Empty>
      )}
    </Panel>
  );
}

type Reading = [
  name: string,
  value: (row: ModelRow) => number | null,
  say: (value: number | null) => string,
  better: 1 | -1,
];

const READINGS: Reading[] = [
  ["Score", (row) => row.score, percent, 1],
  ["Of submitted", (row) => row.scoreSubmitted, percent, 1],
  ["Coverage", (row) => share(row.tasksSubmitted, row.tasksTotal), percent, 1],
  ["Tasks solved", (row) => row.tasksSolved, count, 1],
  ["Cost per task", (row) => share(row.totalCost, row.tasksSubmitted), money, -1],
  ["Tokens per task", (row) => share(row.totalTokens, row.tasksSubmitted), compact, -1],
];

function SideBySide({ first, second }: { first: ModelRow; second: ModelRow }) {
  return (
    <Scroll label="Figures side by side" className="mb-6 relative overflow-x-auto">
      <table className="w-full text-sm">
        <thead>
          <tr className="text-left">
            <th className="label py-1.5 pr-4">Figure</th>
            <th className="py-1.5 pr-4 font-semibold">
              <span aria-hidden="true" className="bg-accent mr-2 inline-block size-2.5 rounded-sm" />
              {first.displayName}
            </th>
            <th className="py-1.5 font-semibold">
              <span aria-hidden="true" className="bg-part mr-2 inline-block size-2.5 rounded-sm" />
              {second.displayName}
            </th>
          </tr>
        </thead>
        <tbody>
          {READINGS.map(([name, value, say, better]) => {
            const [one, other] = [value(first), value(second)];
            // Of two figures that read alike, neither is called better.
            const alike = one === null || other === null || say(one) === say(other);
            const lead = alike ? 0 : Math.sign(one - other) * better;
            return (
              <tr key={name} className="border-line border-t">
                <th scope="row" className="text-muted py-2 pr-4 text-left font-normal">
                  {name}
                </th>
                <Reached text={say(one)} better={lead > 0} className="pr-4" />
                <Reached text={say(other)} better={lead < 0} className="" />
              </tr>
            );
          })}
        </tbody>
      </table>
    </Scroll>
  );
}

function Reached({ text, better, className }: { text: string; better: boolean; className: string }) {
  return (
    <td className={`py-2 ${className} ${better ? "font-semibold" : "text-muted"}`}>
      {text} {better && <span className="text-good ml-1 text-xs font-semibold">better</span>}
    </td>
  );
}

function Tasks({ first, second }: { first: ModelRow; second: ModelRow }) {
  const [one, other] = useQueries({
    queries: [modelQuery(first.dataset, first.model), modelQuery(second.dataset, second.model)],
  });
  const [params, update] = useParams();
  const only = DUELS.find((each) => each === params.get("duel")) ?? null;
  const results = useMemo(
    () => one.data && other.data && duel(cells(one.data), cells(other.data)),
    [one.data, other.data],
  );
  const error = one.error ?? other.error;
  if (!results)
    return error ? (
      <Failure what="The comparison" error={error} />
    ) : (
      <Loading lines={4} label="Loading the comparison" />
    );
  const kinds: [Duel, string][] = [
    ["both", "Both solve it"],
    ["first", `Only ${first.displayName}`],
    ["second", `Only ${second.displayName}`],
    ["neither", "Neither"],
  ];
  const names = new Map(kinds);
  return (
    <>
      <Filter
        kinds={kinds.map(
          ([kind, name]) => [kind, name, results.filter(({ result }) => result === kind).length] as const,
        )}
        only={only}
        onPick={(duel) => update({ duel }, { replace: true })}
      />
      <Strip
        label="Tasks of both"
        items={results.map(({ id, result }) => ({
          id,
          className: `cell-${result}`,
          name: `${id}: ${names.get(result)?.toLowerCase()}`,
          dim: only !== null && only !== result,
        }))}
        onPick={(task) => update({ dataset: first.dataset, model: first.model, task })}
      />
    </>
  );
}
