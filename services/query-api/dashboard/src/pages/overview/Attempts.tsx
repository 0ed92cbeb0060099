/** Attempts side by side, and what they solve together. */
import type { UseQueryResult } from "@tanstack/react-query";

import type { ModelDetail, ModelRow } from "../../api/client.ts";
import { compact, count, duration, money, percent, share } from "../../lib/format.ts";
import { Bar } from "../../ui/Bar.tsx";
import { Empty, Failure, Late, Panel } from "../../ui/Panel.tsx";
import { Scroll } from "../../ui/Scroll.tsx";

// More than that is no side by side any more.
const MOST = 4;

type Detail = UseQueryResult<ModelDetail>;

export function Attempts({ row, detail }: { row: ModelRow; detail: Detail }) {
  const attempts = row.attempts.slice(0, MOST);
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
              {attempts.map((each) => (
                <Attempt key={each.modelName} attempt={each} total={row.tasksTotal} detail={detail} />
              ))}
              {attempts.length > 1 && row.pairsTotal !== null && <Together row={row} />}
            </tbody>
          </table>
        </Scroll>
      )}
      {detail.error && !detail.data && (
        <div className="mt-4">
          <Failure
            what="Some of the attempts' figures"
            error={detail.error}
            retry={() => void detail.refetch()}
          />
        </div>
      )}
    </Panel>
  );
}

interface AttemptProps {
  attempt: ModelRow["attempts"][number];
  total: number;
  detail: Detail;
}

function Attempt({ attempt, total, detail }: AttemptProps) {
  const { modelName, accuracyPercent } = attempt;
  const found = detail.data?.attempts.find((each) => each.modelName === modelName);
  const overall = found?.overall;
  const fraction = accuracyPercent == null ? null : accuracyPercent / 100;
  const figures = [
    found?.tasksCorrect == null ? "–" : `${count(found.tasksCorrect)} of ${count(total)}`,
    money(overall?.totalCost),
    compact(overall?.avgTokens),
    duration(overall?.avgTime),
  ];
  return (
    <tr className="border-line border-t">
      <th scope="row" className="py-2.5 pr-3 text-left font-medium whitespace-nowrap">
        {modelName.replace(/^.*-attempt(\d+)$/, "Attempt $1")}
      </th>
      <td className="py-2.5 pr-3">
        <Accuracy fraction={fraction} className="fill-accent" />
      </td>
      {figures.map((figure, place) => (
        <td key={place} className="py-2.5 pr-3 last:pr-0">
          <Late query={detail}>{figure}</Late>
        </td>
      ))}
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
