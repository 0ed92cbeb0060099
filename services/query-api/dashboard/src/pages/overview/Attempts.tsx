/** Attempts side by side, and what they solve together. */
import { useQueries } from "@tanstack/react-query";

import type { ModelRow } from "../../api/client.ts";
import { metricsQuery, performanceQuery } from "../../api/queries.ts";
import { compact, count, duration, money, percent, share } from "../../lib/format.ts";
import { Bar } from "../../ui/Bar.tsx";
import { Empty, Failure, Late, Panel } from "../../ui/Panel.tsx";

// More than that is no side by side any more.
const MOST = 4;

export function Attempts({ row }: { row: ModelRow }) {
  const names = row.attempts.slice(0, MOST).map(({ modelName }) => modelName);
  const metrics = useQueries({ queries: names.map((name) => metricsQuery(name, row.dataset)) });
  const results = useQueries({ queries: names.map((name) => performanceQuery(name, row.dataset)) });
  const broken = [...metrics, ...results].find(({ data, error }) => error !== null && data === undefined);
  return (
    <Panel title="Attempts" hint="A pair counts when any attempt has it right." className="lg:col-span-2">
      {names.length === 0 && <Empty title="This submission holds no attempt." />}
      {names.length > 0 && (
        <div tabIndex={0} role="region" aria-label="Table of attempts" className="relative overflow-x-auto">
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
              {names.map((name, place) => {
                const overall = metrics[place]?.data?.overall;
                const summary = results[place]?.data?.summary;
                const accuracy = row.attempts[place]?.accuracyPercent;
                const fraction = accuracy == null ? null : accuracy / 100;
                return (
                  <tr key={name} className="border-line border-t">
                    <th scope="row" className="py-2.5 pr-3 text-left font-medium whitespace-nowrap">
                      {name.replace(/^.*-attempt(\d+)$/, "Attempt $1")}
                    </th>
                    <td className="py-2.5 pr-3">
                      <Accuracy fraction={fraction} className="fill-accent" />
                    </td>
                    <td className="py-2.5 pr-3">
                      <Late query={results[place]}>
                        {summary ? `${count(summary.correct)} of ${count(summary.totalPuzzles)}` : "–"}
                      </Late>
                    </td>
                    <td className="py-2.5 pr-3">
                      <Late query={metrics[place]}>{money(overall?.totalCost)}</Late>
                    </td>
                    <td className="py-2.5 pr-3">
                      <Late query={metrics[place]}>{compact(overall?.avgTokens)}</Late>
                    </td>
                    <td className="py-2.5">
                      <Late query={metrics[place]}>{duration(overall?.avgTime)}</Late>
                    </td>
                  </tr>
                );
              })}
              {names.length > 1 && row.pairsTotal !== null && (
                <tr className="border-strong border-t-2 font-semibold">
                  <th scope="row" className="py-2.5 pr-3 text-left whitespace-nowrap">
                    Together
                  </th>
                  <td className="py-2.5 pr-3">
                    <Accuracy fraction={share(row.pairsSolved, row.pairsTotal)} className="fill-good" />
                  </td>
                  <td className="py-2.5 pr-3">
                    {count(row.tasksSolved)} of {count(row.tasksTotal)}
                  </td>
                  <td className="py-2.5 pr-3">{money(row.totalCost)}</td>
                  <td />
                  <td />
                </tr>
              )}
            </tbody>
          </table>
        </div>
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
