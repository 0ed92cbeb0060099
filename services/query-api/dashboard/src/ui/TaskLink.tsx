/** A task's id, which leads to every model's answer to it. */
import { Link } from "wouter";

import { taskHref } from "../lib/tasks.ts";

export function TaskLink({ id, source }: { id: string; source?: string | undefined }) {
  return (
    <Link
      href={taskHref(id, source)}
      className="link font-mono text-[0.8125rem]"
      title="Every model's answer"
    >
      {id}
    </Link>
  );
}
