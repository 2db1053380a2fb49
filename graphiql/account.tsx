import { type FormEvent, type ReactNode, useState } from 'react';
import { messageOf } from './answers.ts';
import { enterToken, notice, type Session, session, signIn, signOut } from './session.ts';
import { useWatched } from './state.ts';

const hasDemoAccounts = document.documentElement.dataset.demoAccounts === 'on';

/** Shown in the header of the page. */
export function SignedInAs() {
  const present = useWatched(session);
  return (
    <span className="questline-signed-in" data-signed-in={Boolean(present)}>
      <strong>Questline</strong>
      {present ? present.account.username : 'not signed in'}
    </span>
  );
}

/** The card to sign in, or to enter a token. */
export function AccountCard() {
  const present = useWatched(session);
  const told = useWatched(notice);
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  const attempt: Attempt = async (action) => {
    setBusy(true);
    setProblem(null);
    try {
      await action();
    } catch (error) {
      setProblem(messageOf(error));
    } finally {
      setBusy(false);
    }
  };

  return (
    <section className="questline-card" aria-label="Account" aria-busy={busy}>
      <fieldset disabled={busy}>
        {present ? <SignedIn present={present} attempt={attempt} /> : <SignInForm attempt={attempt} />}
        {hasDemoAccounts && <DemoAccounts again={present !== null} attempt={attempt} />}
        <PasteToken attempt={attempt} />
      </fieldset>
      {(problem ?? told) && <Problem>{problem ?? told}</Problem>}
    </section>
  );
}

type Attempt = (action: () => Promise<void>) => Promise<void>;

function SignedIn({ present, attempt }: { present: Session; attempt: Attempt }) {
  const { displayName, username, role } = present.account;
  return (
    <div className="questline-person">
      <span className="questline-initial" aria-hidden="true">
        {displayName.slice(0, 1).toUpperCase()}
      </span>
      <span className="questline-name">
        <strong>{displayName}</strong>
        <small>
          @{username} · {role.toLowerCase()}
          {present.refreshToken === null && ' · pasted token'}
        </small>
      </span>
      <button type="button" onClick={() => attempt(signOut)}>
        Sign out
      </button>
    </div>
  );
}

function SignInForm({ attempt }: { attempt: Attempt }) {
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget);
    void attempt(() => signIn(String(fields.get('login')), String(fields.get('password'))));
  };
  return (
    <form className="questline-sign-in" onSubmit={submit}>
      <input
        name="login"
        placeholder="Username or email"
        aria-label="Login"
        autoComplete="username"
        required
      />
      <input
        name="password"
        type="password"
        placeholder="Password"
        aria-label="Password"
        autoComplete="current-password"
        required
      />
      <button type="submit" className="questline-primary">
        Sign in
      </button>
    </form>
  );
}

function DemoAccounts({ again, attempt }: { again: boolean; attempt: Attempt }) {
  return (
    <p className="questline-demo">
      <span>{again ? 'Sign in again as' : 'Demo accounts:'}</span>
      {['user', 'admin'].map((login) => (
        <button key={login} type="button" onClick={() => attempt(() => signIn(login, 'password'))}>
          {login}
        </button>
      ))}
    </p>
  );
}

function PasteToken({ attempt }: { attempt: Attempt }) {
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const token = String(new FormData(form).get('token'));
    void attempt(async () => {
      await enterToken(token);
      form.reset();
    });
  };
  return (
    <details className="questline-token">
      <summary>Use an access token</summary>
      <form className="questline-sign-in" onSubmit={submit}>
        <input name="token" placeholder="eyJhbGciOi…" aria-label="Access token" autoComplete="off" required />
        <button type="submit">Use</button>
      </form>
    </details>
  );
}

function Problem({ children }: { children: ReactNode }) {
  return (
    <p className="questline-problem" role="alert">
      {children}
    </p>
  );
}
