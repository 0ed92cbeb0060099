/** Where a submission's figures come from: each task with what it counts, what it took, and its file on the Hub. */
import { useQuery } from "@tanstack/react-query";

import type { ModelDetail, ModelRow } from "../../../api/client.ts";
import { modelQuery } from "../../../api/queries.ts";
import { useDatasets } from "../../../hooks/useDatasets.ts";
import { useParams } from "../../../hooks/useParams.ts";
import { count, duration, money } from "../../../lib/format.ts";
import { sortedBy } from "../../../lib/sorting.ts";
import { Dialog } from "../../../ui/Dialog.tsx";
import { Export } from "../../../ui/Export.tsx";
import { Name } from "../../../ui/Name.tsx";
import { Answer } from "../../../ui/Panel.tsx";
import { type Choice, Select } from "../../../ui/Select.tsx";
import { type Column, Table } from "../../../ui/Table.tsx";
import { StateBadge } from "../StateBadge.tsx";
import { Facts } from "./Facts.tsx";
import { FileLink } from "./FileLink.tsx";
import { type Line, linesOf, type Origin, ORDERS, sumOf } from "./lines.ts";

const CELL = "py-1.5 pr-4";
const TOGETHER = "All attempts";

export function ProvenanceDialog({ row, from }: { row: ModelRow; from: string }) {
  const detail = useQuery(modelQuery(row.dataset, row.model));
  const [, update] = useParams();
  const { nameOf } = useDatasets();
  return (
    <Dialog
      wide
      onClose={() => update({ from: null, of: null, order: null })}
      title={
        <span className="flex flex-wrap items-baseline gap-x-2.5">
          Where this comes from{" "}
          <span className="text-muted text-sm font-normal">
            <Name text={row.displayName} /> · {nameOf(row)}
          </span>
        </span>
      }
    >
      <Answer query={detail} what="the tasks" lines={8}>
        {(data) => (
          <div className="space-y-5">
            <Facts row={row} from={data.provenance} />
            <Tasks detail={data} origin={Object.hasOwn(ORDERS, from) ? (from as Origin) : "share"} />
          </div>
        )}
      </Answer>
    </Dialog>
  );
}

function Tasks({ detail, origin }: { detail: ModelDetail; origin: Origin }) {
  const [params, update] = useParams();
  const reversed = params.get("order") === "reversed";
  // What is asked of each attempt by itself is in the answer for the first four.
  const attempts = Array.from({ length: Math.min(4, detail.attempts.length) }, (_, place): Choice => [
    String(place + 1),
    `Attempt ${place + 1}`,
  ]);
  const chosen = attempts.find(([number]) => number === params.get("of"));
  const lines = linesOf(detail, chosen ? Number(chosen[0]) - 1 : null);
  return (
    <>
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <Select
          label="Whose answers"
          value={chosen?.[0] ?? ""}
          options={attempts}
          any={TOGETHER}
          onPick={(of) => update({ of }, { replace: true })}
        />
        <Export name={`Tasks behind the figures of ${detail.displayName}`} rows={() => lines} />
        <p className="text-muted min-w-0 flex-1 basis-64 text-sm" data-testid="sum">
          {sumOf(lines, origin, detail, chosen?.[1] ?? TOGETHER)}
        </p>
      </div>
      <Table
        label="Tasks behind the figures"
        testId="origin"
        columns={columnsOf((task) => update({ task }))}
        rows={sortedBy<Line>(lines, ORDERS[origin], reversed, ({ id }) => id)}
        keyOf={({ id }) => id}
        sorted={{ by: origin, ascending: ORDERS[origin].up !== reversed }}
        onSort={(from) =>
          update({ from, order: from === origin && !reversed ? "reversed" : null }, { replace: true })
        }
        frame="relative overflow-x-auto [&>table]:min-w-3xl"
      />
    </>
  );
}

function columnsOf(open: (task: string) => void): Column<Line>[] {
  const column = (sort: Origin, align: string, cell: Column<Line>["cell"]): Column<Line> => ({
    name: ORDERS[sort].name,
    sort,
    className: `${CELL} ${align}`,
    rowHeader: sort === "task",
    cell,
  });
  return [
    column("task", "text-left", ({ id }) => (
      <button type="button" className="link font-mono text-xs" onClick={() => open(id)}>
        {id}
      </button>
    )),
    column("share", "text-left whitespace-nowrap", ({ share, state }) => (
      <>
        {share.toLocaleString("en", { maximumFractionDigits: 3 })} <StateBadge state={state} />
      </>
    )),
    column("pairs", "text-right whitespace-nowrap", ({ solved, pairs }) =>
      pairs === null ? "–" : `${count(solved)} of ${count(pairs)}`,
    ),
    column("cost", "text-right", ({ cost }) => money(cost)),
    column("tokens", "text-right", ({ tokens }) => count(tokens)),
    column("time", "text-right whitespace-nowrap", ({ time }) => duration(time)),
    column("file", "text-left", (line) => <FileLink file={line} />),
    {
      name: "Blob",
      className: "py-1.5 text-left",
      cell: ({ blobOid }) => (
        <span className="font-mono text-xs" title={blobOid ?? undefined}>
          {blobOid?.slice(0, 10) ?? "–"}
        </span>
      ),
    },
  ];
}
