/** Two submissions, task by task. */
import { useQueries, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";

import type { ModelRow } from "../../api/client.ts";
import { compareQuery, modelQuery } from "../../api/queries.ts";
import { useHeldAnswer } from "../../hooks/useHeldAnswer.ts";
import { useParams } from "../../hooks/useParams.ts";
import { compact, count, money, percent, share } from "../../lib/format.ts";
import { short, TWO_NAMES } from "../../lib/clip.ts";
import { setName } from "../../lib/names.ts";
import { apart, keyOf } from "../../lib/rows.ts";
import { costPerTask } from "../../lib/standing.ts";
import { type Duel, cells, difference, duel } from "../../lib/tasks.ts";
import { Name } from "../../ui/Name.tsx";
import { Export } from "../../ui/Export.tsx";
import { News } from "../../ui/News.tsx";
import { Answer, Empty, Panel } from "../../ui/Panel.tsx";
import { type Column, Table } from "../../ui/Table.tsx";
import { Strip } from "./Strip.tsx";

export function Comparison(both: { first: ModelRow; second: ModelRow }) {
  const live = useMemo(() => apart(both.first, both.second), [both.first, both.second]);
  const of = live.map(keyOf).join(" ");
  const held = useHeldAnswer(live, { of, stamp: live.map(({ ingestedAt }) => ingestedAt).join(" ") });
  const [first, second] = held.shown;
  const pair = { first, second, holds: held.isBehind };
  return (
    <Panel
      title={
        <>
          <Name text={first.displayName} most={TWO_NAMES} /> and{" "}
          <Name text={second.displayName} most={TWO_NAMES} />
        </>
      }
      hint="Side by side."
      aside={
        <Export
          name={`Figures of ${first.displayName} and ${second.displayName}`}
          rows={() => figuresOf(first, second)}
        />
      }
    >
      <div className="-mt-3 mb-1">
        <News of={{ news: held.isBehind ? "New version" : "", show: held.show }} what="the comparison" />
      </div>
      <SideBySide first={first} second={second} />
      {first.source === second.source ? (
        <>
          <Difference {...pair} />
          <Tasks {...pair} />
        </>
      ) : (
        <Empty title="They answer different tasks.">
          {setName(first.source)} and {setName(second.source)} share no tasks to compare one by one.
        </Empty>
      )}
    </Panel>
  );
}

interface Pair {
  first: ModelRow;
  second: ModelRow;
  /** Whether another version of one waits: what is shown is of these. */
  holds: boolean;
}

/** What a query has said of two submissions, for as long as they are held. */
function useHeldWith<T>(data: T | undefined, { first, second, holds }: Pair): T | undefined {
  const of = `${keyOf(first)} ${keyOf(second)}`;
  return useHeldAnswer(data, { of, stamp: data, follows: !holds || data === undefined }).shown;
}

/** Whether they can be told apart, on the tasks that both answer. */
function Difference(pair: Pair) {
  const { first, second } = pair;
  const comparison = useQuery(compareQuery(first.source, keyOf(first), keyOf(second)));
  const data = useHeldWith(comparison.data, pair);
  return (
    <Answer query={{ ...comparison, data }} what="how far they differ" lines={1}>
      {({ pairedTests: [test] }) => (
        <p data-testid="difference" className="mb-6 text-sm">
          {test && difference(test, first.displayName, second.displayName)}
        </p>
      )}
    </Answer>
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
  ["Cost per task", costPerTask, money, -1],
  ["Tokens per task submitted", (row) => share(row.totalTokens, row.tasksSubmitted), compact, -1],
];

const figuresOf = (first: ModelRow, second: ModelRow) =>
  READINGS.map(([figure, value]) => ({
    figure,
    [keyOf(first)]: value(first),
    [keyOf(second)]: value(second),
  }));

function SideBySide({ first, second }: { first: ModelRow; second: ModelRow }) {
  const column = (row: ModelRow, rival: ModelRow, colour: string): Column<Reading> => ({
    name: (
      <span className="text-ink text-sm font-semibold tracking-normal wrap-anywhere normal-case">
        <span aria-hidden="true" className={`mr-2 inline-block size-2.5 rounded-sm ${colour}`} />
        <Name text={row.displayName} most={TWO_NAMES} />
      </span>
    ),
    className: "py-2 pr-4 text-left last:pr-0",
    cell: (reading) => <Reached reading={reading} row={row} rival={rival} />,
  });
  return (
    <Table
      label="Figures side by side"
      frame="mb-6 relative overflow-x-auto"
      body="border-line border-t"
      rows={READINGS}
      keyOf={([name]) => name}
      columns={[
        {
          name: "Figure",
          rowHeader: true,
          className: "text-muted py-2 pr-4 text-left",
          cell: ([name]) => name,
        },
        column(first, second, "bg-accent"),
        column(second, first, "bg-part"),
      ]}
    />
  );
}

function Reached({ reading, row, rival }: { reading: Reading; row: ModelRow; rival: ModelRow }) {
  const [, value, say, sign] = reading;
  const [own, other] = [value(row), value(rival)];
  // Of two figures that read alike, neither is called better.
  const better = own !== null && other !== null && say(own) !== say(other) && (own - other) * sign > 0;
  return (
    <span className={better ? "font-semibold" : "text-muted"}>
      {say(own)} {better && <span className="text-good ml-1 text-xs font-semibold">better</span>}
    </span>
  );
}

function Tasks(pair: Pair) {
  const { first, second } = pair;
  const results = useQueries({
    queries: [modelQuery(first.dataset, first.model), modelQuery(second.dataset, second.model)],
    combine: ([one, other]) => ({
      data: one.data && other.data && duel(cells(one.data), cells(other.data)),
      error: one.error ?? other.error,
      refetch: () => Promise.all([one.refetch(), other.refetch()]),
    }),
  });
  const data = useHeldWith(results.data, pair);
  const [, update] = useParams();
  const kinds: [Duel, string][] = [
    ["both", "Both solve it"],
    ["first", `Only ${short(first.displayName, TWO_NAMES)}`],
    ["second", `Only ${short(second.displayName, TWO_NAMES)}`],
    ["neither", "Neither"],
  ];
  const names = new Map(kinds);
  return (
    <Answer query={{ ...results, data }} what="the comparison" lines={4}>
      {(found) => (
        <>
          <div className="mb-3 flex justify-end">
            <Export
              name={`Tasks of ${first.displayName} and ${second.displayName}`}
              rows={() => found.map(({ id, result }) => ({ task: id, solvedBy: result }))}
            />
          </div>
          <Strip
            label="Tasks of both"
            kinds={kinds}
            param="duel"
            cells={found.map(({ id, result }) => ({
              id,
              kind: result,
              name: `${id}: ${names.get(result)?.toLowerCase()}`,
            }))}
            onPick={(task) => update({ dataset: first.dataset, model: first.model, task })}
          />
        </>
      )}
    </Answer>
  );
}
