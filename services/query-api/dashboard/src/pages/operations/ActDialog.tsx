/** Shows what would be done, does it when told to, and tells how far it is and what could not be done. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { keys } from "../../api/queries.ts";
import { useGuarded } from "../../hooks/useGuarded.tsx";
import { plural } from "../../lib/format.ts";
import { ProgressBar } from "../../ui/Bar.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { DialogFoot } from "../../ui/DialogForm.tsx";
import { Answer } from "../../ui/Panel.tsx";
import { Scroll } from "../../ui/Scroll.tsx";
import { actOn, type DeadLetter, type Outcome, preview, type Verb, type Wish } from "./letters.ts";

const WORDS = {
  replay: {
    name: "Replay",
    done: "replayed",
    hint: "Each is published again, under a fresh id, and leaves the list.",
  },
  drop: {
    name: "Drop",
    done: "dropped",
    hint: "Each leaves the list for good; what it asked for is not done.",
  },
} as const;

interface ActDialogProps {
  verb: Verb;
  wish: Wish;
  onClose: () => void;
}

export function ActDialog({ verb, wish, onClose }: ActDialogProps) {
  const words = WORDS[verb];
  const meant = useQuery({
    queryKey: keys.deadLetters(wish, verb),
    queryFn: () => preview(verb, wish),
    // What is shown is what is done.
    staleTime: Infinity,
    gcTime: 0,
    retry: false,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
    refetchInterval: false,
  });
  return (
    <Dialog title={`${words.name} dead letters`} onClose={onClose}>
      <Answer query={meant} what="which are meant" lines={3}>
        {(letters) => <Confirm verb={verb} letters={letters} onClose={onClose} />}
      </Answer>
    </Dialog>
  );
}

interface ConfirmProps {
  verb: Verb;
  letters: DeadLetter[];
  onClose: () => void;
}

function Confirm({ verb, letters, onClose }: ConfirmProps) {
  const { run, busy, dialog } = useGuarded();
  const client = useQueryClient();
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const words = WORDS[verb];
  const go = () =>
    run(async () => {
      await actOn(
        verb,
        letters.map(({ sequence }) => sequence),
        setOutcome,
      );
      await client.invalidateQueries({ queryKey: keys.deadLetters(), predicate: isList });
      await client.invalidateQueries({ queryKey: keys.audit() });
    });
  return (
    <div className="space-y-5">
      <p className="text-sm">
        <strong className="font-semibold">{plural(letters.length, "dead letter")}</strong>. {words.hint}
      </p>
      <Scroll
        label="Dead letters that are meant"
        className="border-line max-h-60 overflow-auto rounded-xl border"
      >
        <ul className="divide-line divide-y">
          {letters.map(({ sequence, model, dataset, kind }) => (
            <li key={sequence} className="px-3.5 py-2 text-sm wrap-anywhere">
              {sequence}: {[model, dataset].filter(Boolean).join(" of ") || "unreadable"}{" "}
              <span className="text-muted">({kind})</span>
            </li>
          ))}
        </ul>
      </Scroll>
      {outcome && <Told verb={verb} outcome={outcome} all={letters.length} />}
      <DialogFoot leave={outcome && !busy ? "Done" : "Cancel"} onClose={onClose}>
        {!(outcome && !busy) && (
          <button
            type="button"
            className="button button-primary"
            disabled={busy || letters.length === 0}
            onClick={go}
          >
            {busy ? "Working …" : `${words.name} ${letters.length}`}
          </button>
        )}
      </DialogFoot>
      {dialog}
    </div>
  );
}

/** How far it is, and what could not be done. */
function Told({ verb, outcome, all }: { verb: Verb; outcome: Outcome; all: number }) {
  const handled = outcome.done + outcome.failed.length;
  return (
    <div role="status" className="space-y-2 text-sm">
      <ProgressBar done={handled} total={all} label={`${handled} of ${all}`} />
      <p>
        {outcome.done} {WORDS[verb].done}
        {outcome.failed.length > 0 && `, ${outcome.failed.length} not`}.
      </p>
      {outcome.failed.map(({ sequence, reason }) => (
        <p key={sequence} className="text-bad wrap-anywhere">
          {sequence}: {reason}
        </p>
      ))}
    </div>
  );
}

/** Not what is meant by this dialog: that stays what it was. */
function isList({ queryKey }: { queryKey: readonly unknown[] }): boolean {
  return typeof queryKey[2] === "number";
}
