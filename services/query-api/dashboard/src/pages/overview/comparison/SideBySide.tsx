/** The figures of two submissions, and which of each two is the better one. */
import type { ModelRow } from "../../../api/client.ts";
import { TWO_NAMES } from "../../../lib/clip.ts";
import { compact, count, money, percent, share } from "../../../lib/format.ts";
import { keyOf } from "../../../lib/rows.ts";
import { costPerTask } from "../../../lib/standing.ts";
import { Name } from "../../../ui/Name.tsx";
import { type Column, Table } from "../../../ui/Table.tsx";

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

export const figuresOf = (first: ModelRow, second: ModelRow) =>
  READINGS.map(([figure, value]) => ({
    figure,
    [keyOf(first)]: value(first),
    [keyOf(second)]: value(second),
  }));

export function SideBySide({ first, second }: { first: ModelRow; second: ModelRow }) {
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
