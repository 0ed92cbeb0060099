/** Round scores, and which model reached each first, for each bound of the cost. */
import { Link } from "wouter";

import { money, tick } from "../../../lib/format.ts";
import { modelHref } from "../../../lib/rows.ts";
import { costPerTask } from "../../../lib/standing.ts";
import { type Column, Table } from "../../../ui/Table.tsx";
import { Published, Released } from "../Dates.tsx";
import { boundName, type Dated, firstAt, type Line, milestonesOf, type Step } from "./records.ts";

export function Milestones({ lines, by }: { lines: readonly Line[]; by: Dated }) {
  const columns: Column<number>[] = [
    {
      name: "Score",
      className: "py-2 pr-4 text-right align-top",
      rowHeader: true,
      cell: (score) => tick(score),
    },
    ...lines.map((line): Column<number> => ({
      name: line.bound === null ? "First" : `First for ${boundName(line.bound)}`,
      className: "min-w-32 py-2 pr-4 text-left align-top",
      cell: (score) => <First step={firstAt(line, score)} by={by} />,
    })),
  ];
  return (
    <div className="mt-5">
      <Table
        label="Who reached which score first"
        fits
        columns={columns}
        rows={milestonesOf(lines)}
        keyOf={(score) => score}
      />
    </div>
  );
}

function First({ step, by }: { step: Step | undefined; by: Dated }) {
  if (!step) return <span className="text-muted">not yet</span>;
  const { row } = step;
  return (
    <>
      <span className="block whitespace-nowrap">
        {by === "released" ? <Released row={row} /> : <Published row={row} />}
      </span>
      <Link
        href={modelHref(row.dataset, row.model)}
        className="text-muted block text-xs wrap-anywhere hover:underline"
      >
        {row.displayName}, {money(costPerTask(row))}
      </Link>
    </>
  );
}
