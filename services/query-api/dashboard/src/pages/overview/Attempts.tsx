/** Attempts side by side, and what they solve together. */
import type { UseQueryResult } from "@tanstack/react-query";

import type { ModelDetail, ModelRow } from "../../api/client.ts";
import { compact, count, duration, money, percent, share } from "../../lib/format.ts";
import { Bar } from "../../ui/Bar.tsx";
import { Export } from "../../ui/Export.tsx";
import { Empty, Failure, Late, Panel } from "../../ui/Panel.tsx";
import { type Column, Table } from "../../ui/Table.tsx";
import { Traced } from "./provenance/Traced.tsx";

// More than that is no side by side any more.
const MOST = 4;

interface Line {
  name: string;
  /** From 1; of all together there is none. */
  number?: number;
  fraction: number | null;
  figures: string[];
}

const FIGURES = [
  ["Tasks", "share"],
  ["Cost", "cost"],
  ["Tokens each", "tokens"],
  ["Time each", "time"],
] as const;
const TOGETHER = "Together";

function linesOf(row: ModelRow, detail: ModelDetail | undefined): Line[] {
  const lines = row.attempts.slice(0, MOST).map(({ modelName, accuracyPercent }, place) => {
    const found = detail?.attempts.find((each) => each.modelName === modelName);
    const overall = found?.overall;
    return {
      name: modelName.replace(/^.*-attempt(\d+)$/, "Attempt $1"),
      number: place + 1,
      fraction: accuracyPercent == null ? null : accuracyPercent / 100,
      figures: [
        found?.tasksCorrect == null ? "–" : `${count(found.tasksCorrect)} of ${count(row.tasksTotal)}`,
        money(overall?.totalCost),
        compact(overall?.avgTokens),
        duration(overall?.avgTime),
      ],
    };
  });
  if (lines.length < 2 || row.pairsTotal === null) return lines;
  const figures = [`${count(row.tasksSolved)} of ${count(row.tasksTotal)}`, money(row.totalCost)];
  return [...lines, { name: TOGETHER, fraction: share(row.pairsSolved, row.pairsTotal), figures }];
}

export function Attempts({ row, detail }: { row: ModelRow; detail: UseQueryResult<ModelDetail> }) {
  const lines = linesOf(row, detail.data);
  const columns: Column<Line>[] = [
    {
      name: "Attempt",
      rowHeader: true,
      className: "py-2 pr-3 text-left whitespace-nowrap",
      cell: ({ name }) => <span className={name === TOGETHER ? "font-semibold" : "font-medium"}>{name}</span>,
    },
    {
      name: "Pairs right",
      className: "w-1/4 py-2 pr-3 text-left",
      cell: (line) => <Accuracy row={row} line={line} />,
    },
    ...FIGURES.map(([name, by], place) => ({
      name,
      className: "py-2 pr-3 text-right last:pr-0",
      // What the attempts do together is known from the list.
      cell: ({ name, number, figures }: Line) =>
        figures[place] && (
          <Traced row={row} by={by} attempt={number}>
            {name === TOGETHER ? figures[place] : <Late query={detail}>{figures[place]}</Late>}
          </Traced>
        ),
    })),
  ];
  return (
    <Panel
      title="Attempts"
      hint="A pair counts when any attempt has it right."
      className="lg:col-span-2"
      aside={
        <Export name={`Attempts of ${row.displayName}`} rows={() => detail.data?.attempts ?? row.attempts} />
      }
    >
      {lines.length === 0 ? (
        <Empty title="This submission holds no attempt." />
      ) : (
        <Table
          label="Table of attempts"
          columns={columns}
          rows={lines}
          keyOf={({ name }) => name}
          frame="relative overflow-x-auto [&>table]:min-w-136"
          body={({ name }) =>
            name === TOGETHER ? "border-strong border-t-2 font-semibold" : "border-line border-t"
          }
        />
      )}
      {detail.error && !detail.data && (
        <div className="mt-4">
          <Failure what="some of the attempts' figures" query={detail} />
        </div>
      )}
    </Panel>
  );
}

function Accuracy({ row, line: { name, number, fraction } }: { row: ModelRow; line: Line }) {
  const className = name === TOGETHER ? "bg-good" : "bg-accent";
  return (
    <div className="flex items-center gap-3">
      <span className="w-14 shrink-0 text-right">
        <Traced row={row} by="pairs" attempt={number}>
          {percent(fraction)}
        </Traced>
      </span>
      <Bar
        label={`${percent(fraction)} of all pairs`}
        total={1}
        parts={[{ label: "Right", value: fraction ?? 0, className }]}
      />
    </div>
  );
}
