/** A task's grids: input, expected, and what each attempt answered. */
import type { TaskDetail } from "../../api/client.ts";
import { compact, duration, money } from "../../lib/format.ts";
import { Answered, Shown } from "../../ui/GridFigure.tsx";
import { Empty } from "../../ui/Panel.tsx";
import { Scroll } from "../../ui/Scroll.tsx";

export function TaskGrids({ task }: { task: TaskDetail }) {
  const several = task.test.length > 1;
  return (
    <div className="space-y-7">
      {task.test.map((pair, place) => (
        <section key={place} aria-label={`Test ${place + 1}`}>
          <h3 className="label mb-3">Test {several ? `${place + 1} of ${task.test.length}` : ""}</h3>
          <div className="grid grid-cols-2 gap-x-5 gap-y-6 lg:grid-cols-4">
            <Shown name="Input" cells={pair.input} />
            <Shown name="Expected" cells={pair.output} />
            {task.attempts.map((attempt, number) => (
              <Answered
                key={attempt.modelName}
                name={`Attempt ${number + 1}`}
                answer={attempt.answers[place]}
                expected={pair.output}
              />
            ))}
          </div>
        </section>
      ))}
      {task.attempts.length === 0 && <Empty title="The submission left this task out." />}
      {task.attempts.map((attempt, number) => (
        <Spent key={attempt.modelName} name={`Attempt ${number + 1}`} attempt={attempt} />
      ))}
      <Examples pairs={task.train} open={task.attempts.length === 0} />
    </div>
  );
}

function Spent({ name, attempt }: { name: string; attempt: TaskDetail["attempts"][number] }) {
  const spent = [money(attempt.cost), `${compact(attempt.tokens)} tokens`, duration(attempt.timeMs)];
  const text = `${name}: ${spent.join(", ")}`;
  if (!attempt.reasoning) return <p className="text-muted text-sm">{text}</p>;
  return (
    <details className="text-sm">
      <summary className="text-muted hover:text-ink">{text} · how it was reasoned</summary>
      <Scroll label={`Reasoning of ${name}`} className="bg-raised mt-2 max-h-72 overflow-auto rounded-lg p-3">
        <pre className="text-xs whitespace-pre-wrap">{attempt.reasoning}</pre>
      </Scroll>
    </details>
  );
}

function Examples({ pairs, open }: { pairs: TaskDetail["train"]; open: boolean }) {
  return (
    <details open={open}>
      <summary className="text-muted hover:text-ink text-sm">
        The {pairs.length} examples of this task
      </summary>
      <div className="mt-4 grid grid-cols-2 gap-5 lg:grid-cols-4">
        {pairs.map((pair, place) => (
          <div key={place} className="bg-raised col-span-2 grid grid-cols-2 gap-4 rounded-xl p-4">
            <Shown name={`Example ${place + 1}: input`} cells={pair.input} />
            <Shown name="Output" cells={pair.output} />
          </div>
        ))}
      </div>
    </details>
  );
}
