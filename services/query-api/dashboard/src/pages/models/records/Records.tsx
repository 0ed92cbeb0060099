/** The frontier over time: when which score was first reached, whatever it cost and below some costs. */
import { memo, useMemo } from "react";

import type { ModelRow } from "../../../api/client.ts";
import { useParams } from "../../../hooks/useParams.ts";
import { plural } from "../../../lib/format.ts";
import { Export } from "../../../ui/Export.tsx";
import { Empty, Panel } from "../../../ui/Panel.tsx";
import { Select } from "../../../ui/Select.tsx";
import { Legend } from "../Mark.tsx";
import { Milestones } from "./Milestones.tsx";
import { type Dated, datedIn, dateOf, holdersOf, recordsOf, rivalsOf } from "./records.ts";
import { Steps } from "./Steps.tsx";

const DATES: [Dated, string][] = [
  ["released", "Release of the model"],
  ["published", "Upload to the Hub"],
];

/** Each record with the bound of cost below which it is one. */
const exported = (rows: readonly ModelRow[], by: Dated) =>
  recordsOf(rows, by).flatMap(({ bound, steps }) =>
    steps.map(({ row, at }) => ({ costPerTaskAtMost: bound, at: at.toISOString(), ...row })),
  );

export function Records({ rows }: { rows: readonly ModelRow[] }) {
  const [params, update] = useParams();
  const by = datedIn(params, rows);
  return (
    <Panel
      title="Best score over time"
      hint="When which score was first reached: whatever it cost, and for so much a task at most."
      aside={
        <div className="flex flex-wrap items-center gap-2.5">
          <Export name="Best score over time" rows={() => exported(rows, by)} />
          <Select
            label="Date that counts"
            value={by}
            options={DATES}
            onPick={(picked) => update({ by: picked }, { replace: true })}
          />
        </div>
      }
    >
      <Found rows={rows} by={by} />
    </Panel>
  );
}

const Found = memo(function Found({ rows, by }: { rows: readonly ModelRow[]; by: Dated }) {
  const lines = useMemo(() => recordsOf(rows, by), [rows, by]);
  const holders = useMemo(() => holdersOf(lines), [lines]);
  if (new Set(rows.map(({ source }) => source)).size > 1) {
    return <Empty title="Choose one task set.">Scores of two sets are not compared.</Empty>;
  }
  const undated = rivalsOf(rows).filter((row) => dateOf(row, by) === null).length;
  const told = by === "released" ? "release date" : "date of upload";
  if (!lines.length) {
    return <Empty title={`No whole submission with a score has a known ${told}.`} />;
  }
  return (
    <>
      <Legend rows={holders.map(({ row }) => row)}>
        {undated > 0 && (
          <li>
            {plural(undated, "submission")} without a known {told}: not counted
          </li>
        )}
      </Legend>
      <Steps lines={lines} holders={holders} by={by} />
      <Milestones lines={lines} by={by} />
    </>
  );
});
