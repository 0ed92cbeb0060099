/** Notifications that are not sent any more: why. They are replayed and removed by the command. */
import type { Schemas } from "../../api/client.ts";
import { plural } from "../../lib/format.ts";
import { Ago } from "../../ui/Ago.tsx";
import { type Column, Table } from "../../ui/Table.tsx";

type Message = Schemas["DeadMessage"];

const LEFT = "py-2.5 pr-2 text-left align-top sm:pr-4";

const COLUMNS: Column<Message>[] = [
  { name: "Channel", className: `${LEFT} wrap-anywhere`, cell: ({ channel }) => channel },
  { name: "Begun", className: `${LEFT} whitespace-nowrap`, cell: ({ createdAt }) => <Ago at={createdAt} /> },
  { name: "News", className: `${LEFT} hidden sm:table-cell`, cell: ({ pieces }) => pieces },
  { name: "Attempts", className: `${LEFT} hidden sm:table-cell`, cell: ({ attempts }) => attempts },
  {
    name: "Error",
    className: `${LEFT} wrap-anywhere`,
    cell: ({ error }) => <span className="text-bad">{error ?? "not known"}</span>,
  },
];

export function DeadMessages({ messages }: { messages: readonly Message[] }) {
  if (messages.length === 0) return null;
  return (
    <div className="border-line mt-2 border-t pt-4">
      <h3 className="mb-2 text-sm font-semibold">{plural(messages.length, "dead message")}</h3>
      <Table
        label="Table of dead messages"
        testId="dead-message"
        columns={COLUMNS}
        rows={messages}
        keyOf={({ id }) => id}
      />
      <p className="text-muted mt-3 text-sm">
        <code>arcwatch notify replay --all</code> has them sent again, <code>arcwatch notify rm --all</code>{" "}
        removes them.
      </p>
    </div>
  );
}
