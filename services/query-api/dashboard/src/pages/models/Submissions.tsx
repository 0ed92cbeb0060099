/** Every submission in a table that can be sorted. */
import type { ReactNode } from "react";

import type { ModelRow } from "../../api/client.ts";
import { useDatasets } from "../../hooks/useDatasets.ts";
import { useParams } from "../../hooks/useParams.ts";
import { bounds, compact, count, money, percent } from "../../lib/format.ts";
import { kindOfModel } from "../../lib/names.ts";
import { lookOf } from "../../lib/look.ts";
import { isUsable, keyOf, modelHref } from "../../lib/rows.ts";
import { costPerTask, isReference, rankOf } from "../../lib/standing.ts";
import { When } from "../../ui/Ago.tsx";
import { Badge, Status } from "../../ui/Badge.tsx";
import { OutcomeBar } from "../../ui/Bar.tsx";
import { Name } from "../../ui/Name.tsx";
import { Table } from "../../ui/Table.tsx";
import { Published, Released } from "./Dates.tsx";
import { sorted, type SortKey, SORTS } from "./sorting.ts";

/** What a phone leaves out: a click on the model shows it. */
const WIDE = "text-muted hidden py-2.5 pr-4 sm:table-cell";
/** What a tablet leaves out, too. */
const WIDEST = "text-muted hidden py-2.5 pr-4 lg:table-cell";

function columnsOf(latest: string, isShared: (row: ModelRow) => boolean) {
  const column = (sort: SortKey, className: string, cell: (row: ModelRow) => ReactNode) => ({
    name: SORTS[sort].name,
    sort,
    className,
    cell,
  });
  return [
    {
      name: "Rank",
      className: "py-2.5 pr-3 text-right whitespace-nowrap",
      cell: (row: ModelRow) => <Rank row={row} />,
    },
    column("name", "min-w-24 py-2.5 pr-3 text-left sm:pr-4", (row) => (
      <Named row={row} latest={keyOf(row) === latest} shared={isShared(row)} />
    )),
    column("score", "py-2.5 pr-3 text-right sm:pr-4", ({ score, scoreInterval }) => (
      <>
        <span className="text-base font-semibold">{percent(score)}</span>
        <span className="text-muted block text-xs whitespace-nowrap">{bounds(scoreInterval)}</span>
      </>
    )),
    column("submitted", `${WIDEST} text-right`, ({ scoreSubmitted }) => percent(scoreSubmitted)),
    column("coverage", `${WIDE} text-left`, (row) => <Coverage row={row} />),
    column("cost", "py-2.5 text-right sm:pr-4", (row) => money(costPerTask(row))),
    column("tokens", `${WIDEST} text-right`, ({ totalTokens }) => compact(totalTokens)),
    column("released", `${WIDEST} text-right whitespace-nowrap`, (row) => <Released row={row} />),
    column("published", `${WIDEST} text-right whitespace-nowrap`, (row) => <Published row={row} />),
    column("ingested", `${WIDE} text-right last:pr-0 whitespace-nowrap`, ({ ingestedAt }) => (
      <When at={ingestedAt} age />
    )),
  ];
}

export function Submissions({ rows, latest }: { rows: readonly ModelRow[]; latest: string }) {
  const [params, update] = useParams();
  const { isShared } = useDatasets();
  const asked = params.get("sort") ?? "";
  const key: SortKey = Object.hasOwn(SORTS, asked) ? (asked as SortKey) : "score";
  const reversed = params.get("order") === "reversed";
  return (
    <Table
      label="Table of submissions"
      fits
      columns={columnsOf(latest, isShared)}
      rows={sorted(rows, key, reversed)}
      keyOf={keyOf}
      body={lookOfRow}
      sorted={{ by: key, ascending: SORTS[key].up !== reversed }}
      onSort={(sort) =>
        update({ sort, order: sort === key && !reversed ? "reversed" : null }, { replace: true })
      }
    />
  );
}

/** A reference is a line among the rows: models are read against it. */
function lookOfRow(row: ModelRow): string {
  return isReference(row)
    ? "border-strong bg-raised border-y-2 border-dashed"
    : "border-line hover:bg-raised border-t";
}

function Rank({ row }: { row: ModelRow }) {
  const { rank, range } = rankOf(row);
  if (isReference(row)) {
    return (
      <abbr title="Reference: it has no rank" className="text-muted text-xs no-underline">
        ref.
      </abbr>
    );
  }
  return (
    <>
      <span className="text-base font-semibold">{rank}</span>
      {range && (
        <span className="text-muted block text-xs">
          <span className="sr-only">or any of </span>
          {range}
        </span>
      )}
    </>
  );
}

/** The colour of its provider, as in the charts. */
function Swatch({ row }: { row: ModelRow }) {
  const { background, provider } = lookOf(row);
  return (
    <span
      aria-hidden="true"
      title={provider}
      className={`mr-2 inline-block size-2.5 rounded-full ${background}`}
    />
  );
}

function Named({ row, latest, shared }: { row: ModelRow; latest: boolean; shared: boolean }) {
  return (
    <>
      <Swatch row={row} />
      <Name
        text={row.displayName}
        href={modelHref(row.dataset, row.model)}
        className="font-medium hover:underline"
      />{" "}
      {latest && <Badge tone="good">Latest</Badge>}
      {row.kind && row.kind !== "model" && <Badge>{kindOfModel(row.kind)}</Badge>}
      {isUsable(row) ? (
        row.status !== "completed" && <Status status={row.status} />
      ) : (
        <Badge tone="bad">Nothing usable</Badge>
      )}
      <span className="text-muted block text-xs sm:hidden">
        {row.tasksSubmitted} of {row.tasksTotal} tasks
      </span>
      {shared && <span className="text-muted block text-xs wrap-anywhere">{row.dataset}</span>}
    </>
  );
}

function Coverage({ row }: { row: ModelRow }) {
  return (
    <div className="flex items-center gap-2.5">
      <div className="w-24 shrink-0">
        <OutcomeBar row={row} />
      </div>
      <span className="text-muted text-xs whitespace-nowrap">
        {count(row.tasksSubmitted)}/{count(row.tasksTotal)}
      </span>
    </div>
  );
}
