/** Every submission in a table that can be sorted. */
import { Link } from "wouter";

import type { ModelRow } from "../../api/client.ts";
import { useNow } from "../../hooks/useNow.ts";
import { useParams } from "../../hooks/useParams.ts";
import { ago, compact, count, money, moment, percent, setName, share } from "../../lib/format.ts";
import { keyOf } from "../../lib/rows.ts";
import { modelHref } from "../../live/connect.ts";
import { Badge } from "../../ui/Badge.tsx";
import { Bar, outcome } from "../../ui/Bar.tsx";
import { sorted, type SortKey, SORTS } from "./sorting.ts";

/** What a phone leaves out: a click on the model shows it. */
const WIDE: ReadonlySet<SortKey> = new Set(["submitted", "set", "tokens", "ingested"]);

export function Table({ rows, latest }: { rows: readonly ModelRow[]; latest: string }) {
  const [params, update] = useParams();
  const asked = params.get("sort") ?? "";
  const key: SortKey = Object.hasOwn(SORTS, asked) ? (asked as SortKey) : "score";
  const reversed = params.get("order") === "reversed";
  const now = useNow();
  const sort = (next: SortKey) =>
    update({ sort: next, order: next === key && !reversed ? "reversed" : null }, { replace: true });
  return (
    <div
      tabIndex={0}
      role="region"
      aria-label="Table of submissions"
      className="-mx-5 relative overflow-x-auto px-5"
    >
      <table className="w-full text-sm sm:min-w-4xl">
        <thead>
          <tr className="label">
            <th className="py-2 pr-3 text-right">#</th>
            {(Object.keys(SORTS) as SortKey[]).map((each) => (
              <th
                key={each}
                aria-sort={
                  each === key ? (SORTS[each].up !== reversed ? "ascending" : "descending") : undefined
                }
                className={`py-2 pr-3 sm:pr-4 ${WIDE.has(each) ? "hidden sm:table-cell" : ""} ${each === "name" || each === "set" || each === "coverage" ? "text-left" : "text-right"}`}
              >
                <button
                  type="button"
                  className="hover:text-ink tracking-[inherit] uppercase"
                  onClick={() => sort(each)}
                >
                  {SORTS[each].name}
                  <span aria-hidden="true">
                    {each === key ? (SORTS[each].up !== reversed ? " ↑" : " ↓") : ""}
                  </span>
                </button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {sorted(rows, key, reversed).map((row, place) => (
            <tr key={`${row.dataset}/${row.model}`} className="border-line hover:bg-raised border-t">
              <td className="text-muted py-2.5 pr-3 text-right">{place + 1}</td>
              <td className="py-2.5 pr-4">
                <Link href={modelHref(row.dataset, row.model)} className="font-medium hover:underline">
                  {row.displayName}
                </Link>{" "}
                {keyOf(row) === latest && <Badge tone="good">Latest</Badge>}
                {row.status !== "completed" && (
                  <Badge tone={row.status === "partial" ? "part" : "plain"}>{row.status}</Badge>
                )}
              </td>
              <td className="py-2.5 pr-3 text-right text-base font-semibold sm:pr-4">{percent(row.score)}</td>
              <td className="text-muted hidden py-2.5 pr-4 text-right sm:table-cell">
                {percent(row.scoreSubmitted)}
              </td>
              <td className="py-2.5 pr-4">
                <Coverage row={row} />
              </td>
              <td className="text-muted hidden py-2.5 pr-4 whitespace-nowrap sm:table-cell">
                {setName(row.source)}
              </td>
              <td className="py-2.5 text-right sm:pr-4">{money(share(row.totalCost, row.tasksSubmitted))}</td>
              <td className="text-muted hidden py-2.5 pr-4 text-right sm:table-cell">
                {compact(row.totalTokens)}
              </td>
              <td className="text-muted hidden py-2.5 pr-4 text-right whitespace-nowrap sm:table-cell">
                <time dateTime={row.ingestedAt} title={moment(row.ingestedAt)}>
                  {ago(row.ingestedAt, now)}
                </time>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
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
