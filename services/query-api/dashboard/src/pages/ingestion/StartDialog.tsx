/** Checks the chosen folders, then starts them. */
import { useState } from "react";

import type { Schemas } from "../../api/client.ts";
import { plural } from "../../lib/format.ts";
import { toast } from "../../live/store.ts";
import { Badge } from "../../ui/Badge.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { DialogFoot } from "../../ui/DialogForm.tsx";
import { Scroll } from "../../ui/Scroll.tsx";
import { start, validate } from "./actions.ts";
import { follow } from "./requested.ts";
import { useGuarded } from "../../hooks/useGuarded.tsx";

type Checked = Schemas["ValidationAnswer"];

interface StartDialogProps {
  dataset: string;
  models: string[];
  onClose: () => void;
  onStarted: () => void;
}

export function StartDialog({ dataset, models, onClose, onStarted }: StartDialogProps) {
  const [force, setForce] = useState(false);
  const [dryRun, setDryRun] = useState(false);
  const [checked, setChecked] = useState<Record<string, Checked>>({});
  const { run, busy, dialog } = useGuarded();
  const wish = (model: string) => ({ dataset, model, force, dryRun });
  const done = models.every((model) => checked[model]);
  const valid = models.filter((model) => checked[model]?.valid);

  const check = () =>
    run(async () => {
      for (const model of models) {
        const answer = await validate(wish(model));
        setChecked((old) => ({ ...old, [model]: answer }));
      }
    });
  const go = () =>
    run(async () => {
      for (const model of valid) follow(model, await start(wish(model)));
      toast({
        kind: "plain",
        title: `${plural(valid.length, "ingestion")} requested`,
        text: "Each is followed below the folders to its end.",
      });
      onStarted();
    });

  return (
    <>
      <Dialog title={`Start ${plural(models.length, "ingestion")}`} onClose={onClose}>
        <div className="space-y-5">
          <div className="space-y-2.5">
            <Option
              name="Force"
              hint="Fetch and score every file again, also what is ingested already."
              on={force}
              set={setForce}
            />
            <Option name="Dry run" hint="Fetch and score, but store nothing." on={dryRun} set={setDryRun} />
          </div>
          <Folders models={models} checked={checked} busy={busy} />
          <DialogFoot leave="Cancel" onClose={onClose}>
            <button
              type="button"
              className="button button-primary"
              disabled={busy || (done && valid.length === 0)}
              onClick={done ? go : check}
            >
              {done ? startText(valid.length, models.length) : busy ? "Checking …" : "Check first"}
            </button>
          </DialogFoot>
        </div>
      </Dialog>
      {dialog}
    </>
  );
}

function startText(valid: number, all: number): string {
  return valid === all ? "Start" : `Start the valid ${valid}`;
}

interface FoldersProps {
  models: readonly string[];
  checked: Record<string, Checked>;
  busy: boolean;
}

function Folders({ models, checked, busy }: FoldersProps) {
  return (
    <Scroll label="Chosen folders" className="border-line max-h-72 overflow-auto rounded-xl border">
      <ul className="divide-line divide-y">
        {models.map((model) => (
          <li key={model} className="px-3.5 py-2.5 text-sm">
            <div className="flex items-center justify-between gap-3">
              <span className="min-w-0 break-all">{model}</span>
              <Verdict answer={checked[model]} busy={busy} />
            </div>
            {checked[model] && <Checks answer={checked[model]} />}
          </li>
        ))}
      </ul>
    </Scroll>
  );
}

interface OptionProps {
  name: string;
  hint: string;
  on: boolean;
  set: (on: boolean) => void;
}

function Option({ name, hint, on, set }: OptionProps) {
  return (
    <label className="flex items-start gap-3 text-sm">
      <input type="checkbox" className="mt-1" checked={on} onChange={(event) => set(event.target.checked)} />
      <span>
        <strong className="block font-semibold">{name}</strong>
        <span className="text-muted">{hint}</span>
      </span>
    </label>
  );
}

function Verdict({ answer, busy }: { answer: Checked | undefined; busy: boolean }) {
  if (!answer) return <Badge>{busy ? "checking" : "not checked"}</Badge>;
  return <Badge tone={answer.valid ? "good" : "bad"}>{answer.valid ? "valid" : "not valid"}</Badge>;
}

function Checks({ answer }: { answer: Checked }) {
  const { checks, errors } = answer;
  const sample = checks.samplePuzzle;
  return (
    <div className="text-muted mt-1 text-xs">
      {errors.length > 0 ? (
        <ul className="text-bad list-disc pl-4">
          {errors.map((error) => (
            <li key={error}>{error}</li>
          ))}
        </ul>
      ) : (
        <p>
          {checks.sourceDetected ?? "–"}, {plural(checks.puzzleCount, "task")}
          {sample ? `; read ${sample.id}: ${plural(sample.testCases, "test pair")}` : ""}
          {checks.tokenPresent ? "" : "; without a Hub token"}
        </p>
      )}
    </div>
  );
}
