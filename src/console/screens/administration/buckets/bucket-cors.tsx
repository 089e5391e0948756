/** Which pages of other origins may read and write in a bucket by its URLs: its CORS rules. */
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { BucketDocument } from "../../../../contract/objects.ts";
import { api, isReadOnly } from "../../../session.ts";
import { useAction } from "../../../ui/action.ts";
import { Button } from "../../../ui/button.tsx";
import { Tick } from "../../../ui/choice.tsx";
import { FaultText } from "../../../ui/fault-text.tsx";
import { Field } from "../../../ui/field.tsx";
import { faultAt, faultBeside } from "../../../ui/field-faults.ts";
import { Lines } from "../../../ui/lines.tsx";
import { say } from "../../../ui/toast.tsx";
import type { Fault } from "../../../wire/fault.ts";
import { formOf, METHODS, NEW_RULE, type RuleForm, ruleOf, ruleWords } from "./cors-form.ts";

interface BucketCorsProps {
  readonly bucket: BucketDocument;
  readonly onChanged: (bucket: BucketDocument) => void;
}

export function BucketCors(props: BucketCorsProps) {
  const [isEditing, setEditing] = useState(false);
  const { settings, effective } = props.bucket;
  const section = useRef<HTMLElement>(null);
  const close = () => {
    setEditing(false);
    // What had the focus goes with the fields.
    section.current?.focus();
  };
  return (
    <section class="part" aria-label="Pages of other origins" ref={section} tabIndex={-1}>
      <header>
        <h3>Pages of other origins (CORS)</h3>
        {!isEditing && !isReadOnly.value && (
          <Button kind="quiet" onClick={() => setEditing(true)}>
            {settings.cors === undefined ? "Add rules" : "Edit rules"}
          </Button>
        )}
      </header>
      {isEditing ? (
        <Editor {...props} onDone={close} />
      ) : (
        <>
          <p class="soft">{settings.cors === undefined ? "The gateway's own rules hold." : "These rules hold."}</p>
          <ul class="grants">
            {effective.cors.map((rule) => (
              <li key={JSON.stringify(rule)}>{ruleWords(rule)}</li>
            ))}
            {effective.cors.length === 0 && <li>No page of another origin sees what is answered.</li>}
          </ul>
        </>
      )}
    </section>
  );
}

function Editor({ bucket, onChanged, onDone }: BucketCorsProps & { readonly onDone: () => void }) {
  const [rules, setRules] = useState<readonly RuleForm[]>(bucket.settings.cors?.map(formOf) ?? [NEW_RULE]);
  const form = useRef<HTMLFormElement>(null);
  // Before the next key: later it would take the focus from a field.
  useLayoutEffect(() => form.current?.focus(), []);
  const { busy, fault, run, forget } = useAction<BucketDocument>((changed) => {
    say(`Changed the rules for pages of ${bucket.name}.`);
    onDone();
    onChanged(changed);
  });
  const change = (changed: readonly RuleForm[]) => {
    forget();
    setRules(changed);
  };
  const cors = rules.length === 0 ? null : rules.map(ruleOf);
  const save = (event: Event) => {
    event.preventDefault();
    if (!busy) void run(() => api({ method: "PATCH", path: `/buckets/${bucket.name}`, body: { cors } }));
  };
  const takeAway = (index: number) => {
    change(rules.filter((_, at) => at !== index));
    // The button that had the focus is gone.
    form.current?.focus();
  };
  return (
    <form class="rules" ref={form} tabIndex={-1} aria-label="CORS rules" onSubmit={save}>
      {rules.map((rule, index) => (
        <Rule
          key={index}
          number={index + 1}
          rule={rule}
          fault={fault}
          onChange={(part) => change(rules.map((one, at) => (at === index ? { ...one, ...part } : one)))}
          onTakeAway={() => takeAway(index)}
        />
      ))}
      {rules.length === 0 && <p class="soft">Without rules the gateway's own hold.</p>}
      <FaultText
        fault={faultBeside(
          fault,
          rules.flatMap((_, index) => fieldsOf(index)),
        )}
      />
      <footer>
        <Button kind="quiet" icon="plus" onClick={() => change([...rules, NEW_RULE])}>
          Another rule
        </Button>
        <Button onClick={onDone}>Cancel</Button>
        <Button submit kind="primary" busy={busy}>
          Save rules
        </Button>
      </footer>
    </form>
  );
}

function fieldsOf(index: number): readonly string[] {
  const names = ["allowedOrigins", "allowedMethods", "allowedHeaders", "exposeHeaders", "maxAgeSeconds"];
  return names.map((name) => `/cors/${index}/${name}`);
}

interface RuleProps {
  readonly number: number;
  readonly rule: RuleForm;
  readonly fault: Fault | undefined;
  readonly onChange: (part: Partial<RuleForm>) => void;
  readonly onTakeAway: () => void;
}

function Rule({ number, rule, fault, onChange, onTakeAway }: RuleProps) {
  const at = (name: string) => faultAt(fault, `/cors/${number - 1}/${name}`);
  const methods = at("allowedMethods");
  return (
    <fieldset class="rule">
      <legend>Rule {number}</legend>
      <Lines
        label="Origins"
        value={rule.origins}
        placeholder="https://app.example.com"
        fault={at("allowedOrigins")}
        hint="One a line; * stands for any text."
        onInput={(origins) => onChange({ origins })}
      />
      <fieldset class="methods">
        <legend>Methods</legend>
        {METHODS.map((method) => (
          <Tick
            key={method}
            label={method}
            isTicked={rule.methods.includes(method)}
            onTick={(isTicked) =>
              onChange({ methods: METHODS.filter((one) => (one === method ? isTicked : rule.methods.includes(one))) })
            }
          />
        ))}
        {methods && (
          <p class="hint fault" role="alert">
            {methods}
          </p>
        )}
      </fieldset>
      <Lines
        label="Headers that pages may send"
        value={rule.headers}
        fault={at("allowedHeaders")}
        hint="One a line; * for all."
        onInput={(headers) => onChange({ headers })}
      />
      <Lines
        label="Headers that pages may read"
        value={rule.exposed}
        fault={at("exposeHeaders")}
        hint="One a line, in full."
        onInput={(exposed) => onChange({ exposed })}
      />
      <Field
        label="Browsers remember this for (seconds)"
        value={rule.maxAge}
        fault={at("maxAgeSeconds")}
        onInput={(maxAge) => onChange({ maxAge })}
      />
      <div>
        <Button kind="quiet" icon="close" onClick={onTakeAway}>
          Take rule {number} away
        </Button>
      </div>
    </fieldset>
  );
}
