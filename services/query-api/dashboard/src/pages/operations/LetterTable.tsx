/** Dead letters in a table; each unfolds to its reason and its message. */
import { useState } from "react";

import { Ago, When } from "../../ui/Ago.tsx";
import { Badge } from "../../ui/Badge.tsx";
import { Name } from "../../ui/Name.tsx";
import { Scroll } from "../../ui/Scroll.tsx";
import { type Column, Table } from "../../ui/Table.tsx";
import type { DeadLetter, Verb, Wish } from "./letters.ts";

const LEFT = "py-2.5 pr-2 text-left sm:pr-4";
const WIDE = "hidden py-2.5 pr-4 text-right whitespace-nowrap sm:table-cell";

const COLUMNS: Column<DeadLetter>[] = [
  { name: "About", className: `${LEFT} max-w-40 sm:max-w-80`, cell: (letter) => <About letter={letter} /> },
  { name: "Kind", className: LEFT, cell: ({ kind }) => <Badge tone="bad">{kind}</Badge> },
  { name: "Service", className: `${LEFT} hidden sm:table-cell`, cell: ({ service }) => service },
  { name: "Failed", className: WIDE, cell: ({ failedAt }) => <When at={failedAt} age /> },
  { name: "Deliveries", className: WIDE, cell: ({ deliveries }) => deliveries },
];

interface LetterTableProps {
  letters: readonly DeadLetter[];
  ask: (verb: Verb, wish: Wish) => void;
}

export function LetterTable({ letters, ask }: LetterTableProps) {
  const [open, setOpen] = useState<number | null>(null);
  const details: Column<DeadLetter> = {
    name: <span className="sr-only">Details</span>,
    className: "py-2.5 text-right",
    cell: ({ sequence }) => (
      <button
        type="button"
        className="text-muted hover:text-ink whitespace-nowrap"
        aria-expanded={open === sequence}
        onClick={() => setOpen(open === sequence ? null : sequence)}
      >
        Details<span className="sr-only"> of dead letter {sequence}</span>{" "}
        <span aria-hidden="true">{open === sequence ? "▴" : "▾"}</span>
      </button>
    ),
  };
  return (
    <Table
      label="Table of dead letters"
      testId="dead-letter"
      columns={[...COLUMNS, details]}
      rows={letters}
      keyOf={({ sequence }) => sequence}
      below={(letter) => letter.sequence === open && <Details letter={letter} ask={ask} />}
    />
  );
}

function About({ letter: { model, dataset, body } }: { letter: DeadLetter }) {
  const about = model ?? dataset ?? body?.slice(0, 60) ?? "not known";
  return (
    <>
      <span className="block font-medium">
        <Name text={about} />
      </span>
      {model && dataset && (
        <span className="text-muted block text-xs">
          <Name text={dataset} />
        </span>
      )}
    </>
  );
}

function Details({ letter, ask }: { letter: DeadLetter; ask: LetterTableProps["ask"] }) {
  const wish = { sequences: [letter.sequence] };
  return (
    <div className="bg-raised space-y-4 rounded-xl p-4" data-testid="dead-letter-details">
      <p className="text-bad text-sm wrap-anywhere">{letter.reason}</p>
      <p className="text-muted text-sm">
        Failed <Ago at={letter.failedAt} /> in the {letter.service}, at delivery {letter.deliveries}.
      </p>
      {letter.body === null ? (
        <p className="text-muted text-sm">
          No handler lived to keep the message; a replay takes it from the stream.
        </p>
      ) : (
        <Scroll label="Message" className="border-line max-h-60 overflow-auto rounded-lg border p-3">
          <pre className="text-xs wrap-anywhere whitespace-pre-wrap">
            {letter.subject}
            {"\n"}
            {indented(letter.body)}
          </pre>
        </Scroll>
      )}
      <div className="flex flex-wrap gap-2">
        <button type="button" className="button" onClick={() => ask("replay", wish)}>
          Replay …
        </button>
        <button type="button" className="button" onClick={() => ask("drop", wish)}>
          Drop …
        </button>
      </div>
    </div>
  );
}

/** A message as people read it, where it is JSON. */
function indented(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}
