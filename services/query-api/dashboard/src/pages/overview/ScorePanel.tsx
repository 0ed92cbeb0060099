/** How good a submission is, and how much of the task set that speaks of. */
import type { ModelRow } from "../../api/client.ts";
import { count, moment, percent, share } from "../../lib/format.ts";
import { setName } from "../../lib/names.ts";
import { Status } from "../../ui/Badge.tsx";
import { Bar, outcome } from "../../ui/Bar.tsx";
import { Panel } from "../../ui/Panel.tsx";

export function ScorePanel({ row, rank }: { row: ModelRow; rank: { place: number; of: number } }) {
  const coverage = share(row.tasksSubmitted, row.tasksTotal);
  const solved = row.tasksSolved ?? 0;
  return (
    <Panel
      title={row.displayName}
      hint={`${setName(row.source)} · ingested ${moment(row.ingestedAt)}`}
      aside={<Status status={row.status} />}
      className="lg:col-span-2"
    >
      <dl className="grid grid-cols-2 gap-x-6 gap-y-5 sm:grid-cols-4">
        <div>
          <dt className="label">Score</dt>
          <dd className="mt-1 text-5xl font-semibold tracking-[-0.04em]">{percent(row.score)}</dd>
          <dd className="text-muted mt-1 text-xs">over all {count(row.tasksTotal)} tasks</dd>
        </div>
        <Small
          name="Of submitted"
          value={percent(row.scoreSubmitted)}
          note="as the official scorer prints it"
        />
        <Small
          name="Coverage"
          value={percent(coverage)}
          note={`${count(row.tasksSubmitted)} of ${count(row.tasksTotal)}`}
        />
        <Small name="Place" value={`${rank.place} of ${rank.of}`} note={`on ${setName(row.source)}`} />
      </dl>
      <div className="mt-6">
        <Bar
          label={`${solved} tasks solved, ${row.tasksSubmitted - solved} not solved, ${row.tasksTotal - row.tasksSubmitted} not attempted`}
          total={row.tasksTotal}
          height={12}
          parts={outcome(row)}
        />
        <p className="text-muted mt-2.5 flex flex-wrap gap-x-5 gap-y-1 text-sm">
          <span>
            <strong className="text-good font-semibold">{count(row.tasksSolved)}</strong> solved
          </span>
          <span>
            <strong className="text-bad font-semibold">
              {row.tasksSolved === null ? "–" : count(row.tasksSubmitted - solved)}
            </strong>{" "}
            not solved
          </span>
          <span>
            <strong className="text-ink font-semibold">{count(row.tasksTotal - row.tasksSubmitted)}</strong>{" "}
            not attempted
          </span>
          {row.pairsTotal !== null && (
            <span>
              {count(row.pairsSolved)} of {count(row.pairsTotal)} test pairs
            </span>
          )}
        </p>
      </div>
    </Panel>
  );
}

function Small({ name, value, note }: { name: string; value: string; note: string }) {
  return (
    <div>
      <dt className="label">{name}</dt>
      <dd className="mt-1 text-2xl font-semibold tracking-tight">{value}</dd>
      <dd className="text-muted mt-1 text-xs">{note}</dd>
    </div>
  );
}
