/** Every submission in a table that can be sorted. */
import { Link } from "wouter";

import type { ModelRow } from "../../api/client.ts";
import { useNow } from "../../hooks/useNow.ts";
import { useParams } from "../../hooks/useParams.ts";
import { ago, compact, count, money, moment, percent, share } from "../../lib/format.ts";
import { setName } from "../../lib/names.ts";
import { keyOf, modelHref } from "../../lib/rows.ts";
import { Badge, Status } from "../../ui/Badge.tsx";
import { Bar, outcome } from "../../ui/Bar.tsx";
import { Scroll } from "../../ui/Scroll.tsx";
import { SortHeader } from "../../ui/SortHeader.tsx";
import { sorted, type SortKey, SORTS } from "./sorting.ts";

/** What a phone leaves out: a click on the model shows it. */
const WIDE: ReadonlySet<SortKey> = new Set(["submitted", "set", "tokens", "ingested"]);
const LEFT: ReadonlySet<SortKey> = new Set(["name", "set", "coverage"]);

export function Table({ rows, latest }: { rows: readonly ModelRow[]; latest: string }) {
  const [params, update] = useParams();
  const asked = params.get("sort") ?? "";
  const key: SortKey = Object.hasOwn(SORTS, asked) ? (asked as SortKey) : "score";
  const reversed = params.get("order") === "reversed";
  const sort = (next: SortKey) =>
    update({ sort: next, order: next === key && !reversed ? "reversed" : null }, { replace: true });
  return (
    <Scroll label="Table of submissions" className="-mx-5 relative overflow-x-auto px-5">
      <table className="w-full text-sm sm:min-w-4xl">
        <thead>
          <tr className="label">
            <th className="py-2 pr-3 text-right">#</th>
            {(Object.keys(SORTS) as SortKey[]).map((each) => (
              <SortHeader
                key={each}
                name={SORTS[each].name}
                sorted={each === key ? (SORTS[each].up !== reversed ? "ascending" : "descending") : undefined}
                onSort={() => sort(each)}
                className={`py-2 pr-3 sm:pr-4 ${WIDE.has(each) ? "hidden sm:table-cell" : ""} ${LEFT.has(each) ? "text-left" : "text-right"}`}
              />
            ))}
          </tr>
        </thead>
        <tbody>
          {sorted(rows, key, reversed).map((row, place) => (
            <Row key={keyOf(row)} row={row} place={place + 1} latest={keyOf(row) === latest} />
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function Row({ row, place, latest }: { row: ModelRow; place: number; latest: boolean }) {
  const now = useNow();
  const wide = "text-muted hidden py-2.5 pr-4 sm:table-cell";
  return (
    <tr className="border-line hover:bg-raised border-t">
      <td className="text-muted py-2.5 pr-3 text-right">{place}</td>
      <td className="py-2.5 pr-4">
        <Link href={modelHref(row.dataset, row.model)} className="font-medium hover:underline">
          {row.displayName}
        </Link>{" "}
        {latest && <Badge tone="good">Latest</Badge>}
        {row.status !== "completed" && <Status status={row.status} />}
      </td>
      <td className="py-2.5 pr-3 text-right text-base font-semibold sm:pr-4">{percent(row.score)}</td>
      <td className={`${wide} text-right`}>{percent(row.scoreSubmitted)}</td>
      <td className="py-2.5 pr-4">
        <Coverage row={row} />
      </td>
      <td className={`${wide} whitespace-nowrap`}>{setName(row.source)}</td>
      <td className="py-2.5 text-right sm:pr-4">{money(share(row.totalCost, row.tasksSubmitted))}</td>
      <td className={`${wide} text-right`}>{compact(row.totalTokens)}</td>
      <td className={`${wide} text-right whitespace-nowrap`}>
        <time dateTime={row.ingestedAt} title={moment(row.ingestedAt)}>
          {ago(row.ingestedAt, now)}
        </time>
      </td>
    </tr>
  );
}

function Coverage({ row }: { row: ModelRow }) {
  const left = row.tasksTotal - row.tasksSubmitted;
  return (
    <div className="flex items-center gap-2.5">
      <div className="hidden w-24 shrink-0 sm:block">
        <Bar
          label={`${row.tasksSolved ?? 0} solved, ${row.tasksSubmitted - (row.tasksSolved ?? 0)} not solved, ${left} not attempted`}
          total={row.tasksTotal}
          height={8}
          parts={outcome(row)}
        />
      </div>
      <span className="text-muted text-xs whitespace-nowrap">
        {count(row.tasksSubmitted)}/{count(row.tasksTotal)}
      </span>
    </div>
  );
}
