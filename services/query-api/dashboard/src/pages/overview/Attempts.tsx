/** Attempts side by side, and what they solve together. */
import { useQueries, type UseQueryResult } from "@tanstack/react-query";

import type { ModelRow, Schemas } from "../../api/client.ts";
import { metricsQuery, performanceQuery } from "../../api/queries.ts";
import { compact, count, duration, money, percent, share } from "../../lib/format.ts";
import { Bar } from "../../ui/Bar.tsx";
import { Empty, Failure, Late, Panel } from "../../ui/Panel.tsx";
import { Scroll } from "../../ui/Scroll.tsx";

// More than that is no side by side any more.
const MOST = 4;

export function Attempts({ row }: { row: ModelRow }) {
  const attempts = row.attempts.slice(0, MOST);
  const metrics = useQueries({ queries: attempts.map((each) => metricsQuery(each.modelName, row.dataset)) });
  const results = useQueries({
    queries: attempts.map((each) => performanceQuery(each.modelName, row.dataset)),
  });
  const broken = [...metrics, ...results].find(({ data, error }) => error !== null && data === undefined);
  return (
    <Panel title="Attempts" hint="A pair counts when any attempt has it right." className="lg:col-span-2">
      {attempts.length === 0 && <Empty title="This submission holds no attempt." />}
      {attempts.length > 0 && (
        <Scroll label="Table of attempts">
          <table className="w-full min-w-136 text-sm">
            <thead className="label text-right">
              <tr>
                <th className="py-1.5 pr-3 text-left">Attempt</th>
                <th className="w-1/4 py-1.5 pr-3 text-left">Pairs right</th>
                <th className="py-1.5 pr-3">Tasks</th>
                <th className="py-1.5 pr-3">Cost</th>
                <th className="py-1.5 pr-3">Tokens each</th>
                <th className="py-1.5">Time each</th>
              </tr>
            </thead>
            <tbody className="text-right">
              {attempts.map((each, place) => (
                <Attempt
                  key={each.modelName}
                  attempt={each}
                  metrics={metrics[place]}
                  results={results[place]}
                />
              ))}
              {attempts.length > 1 && row.pairsTotal !== null && <Together row={row} />}
            </tbody>
          </table>
        </Scroll>
      )}
      {broken?.error && (
        <div className="mt-4">
          <Failure
            what="Some of the attempts' figures"
            error={broken.error}
            retry={() => void broken.refetch()}
          />
        </div>
      )}
    </Panel>
  );
}

interface AttemptProps {
  attempt: ModelRow["attempts"][number];
  metrics: UseQueryResult<Schemas["Metrics"]> | undefined;
  results: UseQueryResult<Schemas["Performance"]> | undefined;
}

function Attempt({ attempt, metrics, results }: AttemptProps) {
  const { modelName, accuracyPercent } = attempt;
  const overall = metrics?.data?.overall;
  const summary = results?.data?.summary;
  const fraction = accuracyPercent == null ? null : accuracyPercent / 100;
  return (
    <tr className="border-line border-t">
      <th scope="row" className="py-2.5 pr-3 text-left font-medium whitespace-nowrap">
        {modelName.replace(/^.*-attempt(\d+)$/, "Attempt $1")}
      </th>
      <td className="py-2.5 pr-3">
        <Accuracy fraction={fraction} className="fill-accent" />
      </td>
      <td className="py-2.5 pr-3">
        <Late query={results}>
          {summary ? `${count(summary.correct)} of ${count(summary.totalPuzzles)}` : "–"}
        </Late>
      </td>
      <td className="py-2.5 pr-3">
        <Late query={metrics}>{money(overall?.totalCost)}</Late>
      </td>
      <td className="py-2.5 pr-3">
        <Late query={metrics}>{compact(overall?.avgTokens)}</Late>
      </td>
      <td className="py-2.5">
        <Late query={metrics}>{duration(overall?.avgTime)}</Late>
      </td>
    </tr>
  );
}

function Together({ row }: { row: ModelRow }) {
  return (
    <tr className="border-strong border-t-2 font-semibold">
      <th scope="row" className="py-2.5 pr-3 text-left whitespace-nowrap">
        Together
      </th>
      <td className="py-2.5 pr-3">
        <Accuracy fraction={share(row.pairsSolved, row.pairsTotal ?? 0)} className="fill-good" />
      </td>
      <td className="py-2.5 pr-3">
        {count(row.tasksSolved)} of {count(row.tasksTotal)}
      </td>
      <td className="py-2.5 pr-3">{money(row.totalCost)}</td>
      <td />
      <td />
    </tr>
  );
}

function Accuracy({ fraction, className }: { fraction: number | null; className: string }) {
  return (
    <div className="flex items-center gap-3">
      <span className="w-14 shrink-0">{percent(fraction)}</span>
      <Bar
        label={`${percent(fraction)} of all pairs`}
        total={1}
        height={8}
        parts={[{ label: "Right", value: fraction ?? 0, className }]}
      />
    </div>
  );
}
