/** drain, ready and maint: the buttons, and the question before a change is made. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { html, type View } from './html.js';
import { type Change, changeState } from './requests.js';

const STATES = ['ready', 'drain', 'maint'] as const;

/** Where the name of the operator is kept between visits. */
const NAME_KEY = 'autoproxy-by';

interface StateButtonsProps {
  readonly app: string;
  /** null: all instances of the app. */
  readonly instance: string | null;
  /** The state in force; null: not all have the same. */
  readonly state: Change['state'] | null;
  readonly onAsk: (change: Change) => void;
}

export function StateButtons({ app, instance, state, onAsk }: StateButtonsProps): View {
  const of = instance ?? `all instances of ${app}`;
  return html`<div class="segments" role="group" aria-label=${`State of ${of}`}>
    ${STATES.map(
      (one) => html`<button
        type="button"
        aria-pressed=${String(one === state)}
        aria-label=${`${one} ${of}`}
        onClick=${() => onAsk({ app, instance, state: one })}
      >${one}</button>`,
    )}
  </div>`;
}

interface DecisionDialogProps {
  readonly change: Change;
  /** What it means for the traffic. */
  readonly consequence: string;
  readonly onEnd: (said: string | null) => void;
}

export function DecisionDialog({ change, consequence, onEnd }: DecisionDialogProps): View {
  const dialog = useRef<HTMLDialogElement>(null);
  const name = useRef<HTMLInputElement>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const [isUnderway, setUnderway] = useState(false);
  const said = useRef<string | null>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const confirm = async (event: Event): Promise<void> => {
    event.preventDefault();
    const by = name.current?.value.trim() ?? '';
    localStorage.setItem(NAME_KEY, by);
    setUnderway(true);
    try {
      said.current = await changeState(change, by);
      // The browser gives the focus back to the button that asked.
      dialog.current?.close();
    } catch (error) {
      setFailure(String(error).replace(/^\w*Error: /, ''));
      setUnderway(false);
    }
  };
  const { app, instance, state } = change;
  return html`<dialog ref=${dialog} aria-labelledby="decision-title" onClose=${() => onEnd(said.current)}>
    <form onSubmit=${confirm}>
      <h2 id="decision-title">${state} ${instance ?? 'all instances'} of ${app}?</h2>
      <p>${consequence}</p>
      <label>Your name, for colleagues
        <input ref=${name} name="by" maxlength="128" autocomplete="off" placeholder="optional" defaultValue=${localStorage.getItem(NAME_KEY) ?? ''} />
      </label>
      ${failure !== null && html`<p class="failure" role="alert">${failure}</p>`}
      <div class="dialog-buttons">
        <button type="button" onClick=${() => dialog.current?.close()}>Cancel</button>
        <button type="submit" class="primary" disabled=${isUnderway}>${isUnderway ? 'Waiting for the workers …' : `Yes, ${state}`}</button>
      </div>
    </form>
  </dialog>`;
}
