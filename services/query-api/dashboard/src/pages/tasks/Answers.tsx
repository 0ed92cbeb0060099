/** Every model's answer to a test pair, beside the output it asks for. */
import { Link } from "wouter";

import { useParams } from "../../hooks/useParams.ts";
import { count, money, percent } from "../../lib/format.ts";
import { keyOf, modelHref } from "../../lib/rows.ts";
import { Badge, type Tone } from "../../ui/Badge.tsx";
import { Answered, Shown } from "../../ui/GridFigure.tsx";
import { Pager } from "../../ui/Pager.tsx";
import { Empty } from "../../ui/Panel.tsx";
import { Scroll } from "../../ui/Scroll.tsx";
import { type AnswerOf, COUNTS, PAGE_SIZE, type Result, RESULTS, type TaskAnswers } from "./results.ts";

interface AnswersProps {
  task: TaskAnswers;
  result: Result | undefined;
  page: number;
}

export function Answers({ task, result, page }: AnswersProps) {
  const [params, update] = useParams();
  const place = Math.min(task.test.length, Math.max(1, Number(params.get("pair")) || 1)) - 1;
  const pair = task.test[place];
  if (!pair) return null;
  return (
    <>
      <Filters task={task} result={result} />
      {task.test.length > 1 && <Pairs pairs={task.test.length} place={place} />}
      <div className="mt-4 gap-6 lg:grid lg:grid-cols-[15rem_minmax(0,1fr)]">
        <div className="grid grid-cols-2 gap-4 self-start lg:sticky lg:top-4 lg:grid-cols-1">
          <Shown name="Input" cells={pair.input} />
          <Shown name="Expected" cells={pair.output} />
        </div>
        <div className="mt-6 lg:mt-0">
          <ul className="grid gap-4 sm:grid-cols-2 xl:grid-cols-3">
            {task.answers.map((answer) => (
              <li key={keyOf(answer)} className="min-w-0">
                <Card answer={answer} task={task.puzzleId} place={place} expected={pair.output} />
              </li>
            ))}
          </ul>
          {task.answers.length === 0 && <Empty title="No answer of this kind." />}
          <Pager
            label="the answers"
            page={page}
            size={PAGE_SIZE}
            total={task.total}
            go={(next) => update({ page: next === 1 ? null : String(next) })}
          />
        </div>
      </div>
      <Examples task={task} />
    </>
  );
}

function Filters({ task, result }: { task: TaskAnswers; result: Result | undefined }) {
  const [, update] = useParams();
  return (
    <div role="group" aria-label="Show only" className="flex flex-wrap gap-2">
      {RESULTS.map(([each, name, state]) => (
        <button
          key={each}
          type="button"
          aria-pressed={result === each}
          className="border-line hover:bg-raised aria-pressed:border-ink aria-pressed:bg-raised inline-flex items-center gap-2 rounded-full border px-3 py-1 text-sm"
          onClick={() => update({ result: result === each ? null : each, page: null }, { replace: true })}
        >
          <span aria-hidden="true" className={`cell cell-${state} size-3.5`} />
          {name} <strong className="font-semibold">{count(task.results[COUNTS[each]])}</strong>
        </button>
      ))}
    </div>
  );
}

/** Which test pair is shown, where a task has several. */
function Pairs({ pairs, place }: { pairs: number; place: number }) {
  const [, update] = useParams();
  return (
    <div role="group" aria-label="Test pair" className="mt-3 flex flex-wrap gap-2">
      {Array.from({ length: pairs }, (_, each) => (
        <button
          key={each}
          type="button"
          aria-pressed={each === place}
          className="button aria-pressed:border-ink aria-pressed:bg-raised"
          onClick={() => update({ pair: each ? String(each + 1) : null }, { replace: true })}
        >
          Test {each + 1} of {pairs}
        </button>
      ))}
    </div>
  );
}

const TONES: Record<Result, Tone> = {
  solved: "good",
  partial: "part",
  unsolved: "bad",
  not_attempted: "plain",
};

interface CardProps {
  answer: AnswerOf;
  task: string;
  place: number;
  expected: TaskAnswers["test"][number]["output"];
}

function Card({ answer, task, place, expected }: CardProps) {
  const { dataset, model, displayName, score, result, cost, attempts } = answer;
  const name = RESULTS.find(([each]) => each === result)?.[1];
  return (
    <article
      aria-label={displayName}
      data-testid="answer"
      className="border-line h-full rounded-xl border p-3.5"
    >
      <h3 className="truncate text-sm font-semibold" title={displayName}>
        <Link
          href={`${modelHref(dataset, model)}&task=${encodeURIComponent(task)}`}
          className="hover:underline"
        >
          {displayName}
        </Link>
      </h3>
      <p className="text-muted mt-1 mb-3 flex flex-wrap items-center gap-x-2.5 gap-y-1 text-xs">
        {result && <Badge tone={TONES[result]}>{name?.toLowerCase()}</Badge>}
        <span title="Of all attempts at this task">{money(cost)}</span>
        <span title="Score over the task set">{percent(score)}</span>
      </p>
      {attempts.length ? (
        <div className="grid grid-cols-2 gap-3">
          {attempts.map((attempt, number) => (
            <Answered
              key={attempt.modelName}
              name={`Attempt ${number + 1}`}
              answer={attempt.answers[place]}
              expected={expected}
            />
          ))}
        </div>
      ) : (
        <p className="text-muted text-sm">It left this task out.</p>
      )}
    </article>
  );
}

function Examples({ task }: { task: TaskAnswers }) {
  return (
    <details className="mt-6">
      <summary className="text-muted hover:text-ink text-sm">
        The {task.train.length} examples of this task
      </summary>
      <Scroll label="Examples" className="mt-4 flex gap-5 overflow-x-auto">
        {task.train.map((pair, place) => (
          <div key={place} className="bg-raised grid w-80 shrink-0 grid-cols-2 gap-4 rounded-xl p-4">
            <Shown name={`Example ${place + 1}: input`} cells={pair.input} />
            <Shown name="Output" cells={pair.output} />
          </div>
        ))}
      </Scroll>
    </details>
  );
}
