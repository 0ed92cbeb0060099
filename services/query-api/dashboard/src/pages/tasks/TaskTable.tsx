/** The tasks of a set in a table: by how many they are solved, first by whom, cheapest by whom. */
import { Link } from "wouter";

import { useParams } from "../../hooks/useParams.ts";
import { money, plural, share } from "../../lib/format.ts";
import { modelHref } from "../../lib/rows.ts";
import { Bar } from "../../ui/Bar.tsx";
import { Moment } from "../../ui/Moment.tsx";
import { Empty } from "../../ui/Panel.tsx";
import { SearchField } from "../../ui/SearchField.tsx";
import { Select } from "../../ui/Select.tsx";
import { type Column, Table } from "../../ui/Table.tsx";
import { TaskLink } from "../../ui/TaskLink.tsx";
import { type Task, type TaskSet } from "./heatmap.ts";
import { SHARES, type ShareName, shown, type TaskSort, TASK_SORTS } from "./listing.ts";

const CELL = "py-2 pr-4 text-left";
const WIDE = `${CELL} hidden sm:table-cell`;

function columnsOf(source: string): Column<Task>[] {
  return [
    {
      name: TASK_SORTS.id.name,
      sort: "id",
      className: CELL,
      rowHeader: true,
      cell: ({ puzzleId }) => <TaskLink id={puzzleId} source={source} />,
    },
    {
      name: TASK_SORTS.difficulty.name,
      sort: "difficulty",
      className: CELL,
      cell: (task) => <SolvedBy task={task} />,
    },
    {
      name: TASK_SORTS.first.name,
      sort: "first",
      className: WIDE,
      cell: ({ firstSolved }) =>
        firstSolved ? (
          <>
            <Solver of={firstSolved} />
            <Moment className="text-muted block text-xs" at={firstSolved.at} />
          </>
        ) : (
          "–"
        ),
    },
    {
      name: TASK_SORTS.cost.name,
      sort: "cost",
      className: CELL,
      cell: ({ cheapestSolve }) =>
        cheapestSolve ? (
          <>
            <span className="font-medium">{money(cheapestSolve.cost)}</span>{" "}
            <span className="hidden sm:inline">
              <Solver of={cheapestSolve} />
            </span>
          </>
        ) : (
          "–"
        ),
    },
  ];
}

function Solver({
  of: { dataset, model, displayName },
}: {
  of: NonNullable<Task["firstSolved"] | Task["cheapestSolve"]>;
}) {
  return (
    <Link
      href={modelHref(dataset, model)}
      className="link inline-block max-w-64 truncate align-bottom"
      title={displayName}
    >
      {displayName}
    </Link>
  );
}

function SolvedBy({ task: { solvedBy, answeredBy } }: { task: Task }) {
  const part = share(solvedBy, answeredBy);
  return (
    <span className="flex items-center gap-3">
      <span className="w-20 shrink-0 whitespace-nowrap">
        <strong className="font-semibold">{solvedBy}</strong> of {answeredBy}
      </span>
      <span className="hidden w-28 sm:block">
        <Bar
          parts={[{ value: solvedBy, className: "bg-good", label: "Solved by" }]}
          total={answeredBy}
          label={`${Math.round(100 * (part ?? 0))}% solve it`}
        />
      </span>
    </span>
  );
}

export function TaskTable({ set }: { set: TaskSet }) {
  const [params, update] = useParams();
  const text = params.get("q") ?? "";
  const part = (Object.hasOwn(SHARES, params.get("solved") ?? "") ? params.get("solved") : "") as
    ShareName | "";
  const asked = params.get("sort") ?? "";
  const sort: TaskSort = Object.hasOwn(TASK_SORTS, asked) ? (asked as TaskSort) : "difficulty";
  const reversed = params.get("order") === "reversed";
  const rows = shown(set.tasks, { text, part, sort, reversed });
  return (
    <>
      <div className="mb-4 flex flex-wrap items-center gap-2">
        <SearchField
          label="Search the tasks"
          value={text}
          onSearch={(q) => update({ q }, { replace: true })}
        />
        <Select
          label="Solved by"
          any="All tasks"
          value={part}
          options={Object.entries(SHARES).map(([name, { label }]) => [name, label] as const)}
          onPick={(solved) => update({ solved })}
        />
        <p className="text-muted ml-auto text-sm">{plural(rows.length, "task")}</p>
      </div>
      {rows.length ? (
        <Table
          label="Table of tasks"
          testId="task"
          columns={columnsOf(set.source)}
          rows={rows}
          keyOf={({ puzzleId }) => puzzleId}
          sorted={{ by: sort, ascending: !reversed }}
          onSort={(by) => update({ sort: by, order: by === sort && !reversed ? "reversed" : null })}
        />
      ) : (
        <Empty title="No task fits.">The filters above leave nothing over.</Empty>
      )}
    </>
  );
}
