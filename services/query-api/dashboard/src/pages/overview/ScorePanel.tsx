/** How good a submission is, and how much of the task set that speaks of. */
import type { ModelDetail, ModelRow } from "../../api/client.ts";
import { useDatasets } from "../../hooks/useDatasets.ts";
import { bounds, count, percent, plural, share } from "../../lib/format.ts";
import { known } from "../../lib/facets.ts";
import { setName } from "../../lib/names.ts";
import { ranks } from "../../lib/rows.ts";
import { unranked } from "../../lib/standing.ts";
import { Status } from "../../ui/Badge.tsx";
import { OutcomeBar } from "../../ui/Bar.tsx";
import { Figure } from "../../ui/Figure.tsx";
import { Moment } from "../../ui/Moment.tsx";
import { Name } from "../../ui/Name.tsx";
import { Panel } from "../../ui/Panel.tsx";
import { Traced } from "./provenance/Traced.tsx";
import { Verified } from "./Verified.tsx";

interface Scored {
  row: ModelRow | ModelDetail;
  /** How many models of its task set have a rank. */
  of: number;
}

export function ScorePanel({ row, of }: Scored) {
  const { nameOf } = useDatasets();
  const { tasksTotal, tasksSubmitted } = row;
  const figures = [
    [
      "Score",
      percent(row.score),
      `95%: ${bounds(row.scoreInterval)}, over all ${count(tasksTotal)} tasks`,
      "share",
    ],
    [
      "Of submitted",
      percent(row.scoreSubmitted),
      `95%: ${bounds(row.scoreSubmittedInterval)}, as the official scorer prints it`,
      "share",
    ],
    [
      "Coverage",
      percent(share(tasksSubmitted, tasksTotal)),
      `${count(tasksSubmitted)} of ${count(tasksTotal)}`,
      "file",
    ],
    ["Rank", <Rank key="rank" row={row} of={of} />, alike(row), null],
  ] as const;
  return (
    <Panel
      title={<Name text={row.displayName} />}
      hint={<Facts row={row} set={nameOf(row)} />}
      aside={<Status status={row.status} />}
      className="lg:col-span-2"
    >
      <dl className="grid grid-cols-2 gap-x-6 gap-y-5 sm:grid-cols-4">
        {figures.map(([name, value, note, by], place) => (
          <Figure
            key={name}
            name={name}
            value={
              by ? (
                <Traced row={row} by={by}>
                  {value}
                </Traced>
              ) : (
                value
              )
            }
            note={note}
            className={place ? "text-2xl tracking-tight" : "text-5xl tracking-[-0.04em]"}
          />
        ))}
      </dl>
      <div className="mt-6">
        <OutcomeBar row={row} className="h-3" />
        <Outcomes row={row} />
        <Verified row={row} />
      </div>
    </Panel>
  );
}

/** In words where it is not known: while a server compares, the others have none either. */
function Rank({ row, of }: Scored) {
  return row.rank === null ? <span className="text-base">{unranked(row)}</span> : `${ranks(row)} of ${of}`;
}

function Outcomes({ row }: { row: ModelRow }) {
  const { tasksTotal, tasksSubmitted, tasksSolved } = row;
  const outcomes = [
    ["text-good", tasksSolved, "solved"],
    ["text-bad", tasksSolved === null ? null : tasksSubmitted - tasksSolved, "not solved"],
    ["text-ink", tasksTotal - tasksSubmitted, "not attempted"],
  ] as const;
  return (
    <p className="text-muted mt-2.5 flex flex-wrap gap-x-5 gap-y-1 text-sm">
      {outcomes.map(([tone, number, what]) => (
        <Traced key={what} row={row} by="share">
          <strong className={`${tone} font-semibold`}>{count(number)}</strong> {what}
        </Traced>
      ))}
      {row.pairsTotal !== null && (
        <Traced row={row} by="pairs">
          {count(row.pairsSolved)} of {count(row.pairsTotal)} test pairs
        </Traced>
      )}
    </p>
  );
}

function alike({ source, notDistinguishable }: ModelRow): string {
  const others = notDistinguishable
    ? `; not distinguishable from ${plural(notDistinguishable, "other")}`
    : "";
  return `on ${setName(source)}${others}`;
}

function Facts({ row, set }: { row: ModelRow; set: string }) {
  return (
    <>
      {[set, known(row), "ingested"].filter(Boolean).join(" · ")} <Moment at={row.ingestedAt} />
    </>
  );
}
