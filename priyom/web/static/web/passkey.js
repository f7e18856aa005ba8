// Passkeys: a form that is marked `data-passkey` asks the device first and is sent with what it answered. `create`
// makes a key, `get` uses one; the server's question stands in `data-options`, or is asked for at `data-ask`.
const ours = new WeakSet();

function bytes(text) {
  const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(plain, (sign) => sign.charCodeAt(0));
}

function text(buffer) {
  const signs = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join("");
  return btoa(signs).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

const named = (keys) => (keys ?? []).map((key) => ({ ...key, id: bytes(key.id) }));

function question(options, verb) {
  const asked = { ...options.publicKey, challenge: bytes(options.publicKey.challenge) };
  if (verb === "get") return { publicKey: { ...asked, allowCredentials: named(asked.allowCredentials) } };
  asked.user = { ...asked.user, id: bytes(asked.user.id) };
  asked.excludeCredentials = named(asked.excludeCredentials);
  return { publicKey: asked };
}

function answer(credential) {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[name]) response[name] = text(credential.response[name]);
  }
  const transports = credential.response.getTransports?.();
  if (transports) response.transports = transports;
  return JSON.stringify({
    id: credential.id, rawId: text(credential.rawId), type: credential.type, response,
    authenticatorAttachment: credential.authenticatorAttachment,
    clientExtensionResults: credential.getClientExtensionResults(),
  });
}

async function asked(form) {
  if (form.dataset.options) return JSON.parse(form.dataset.options);
  const reply = await fetch(form.dataset.ask, { headers: { Accept: "application/json" } });
  if (!reply.ok) throw new Error(`${reply.status}`);
  return reply.json();
}

function say(form, words) {
  const place = form.querySelector(".wrong[hidden], .wrong:last-child");
  place.textContent = words;
  place.hidden = !words;
}

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-passkey]");
  if (!form || ours.has(form)) return;
  event.preventDefault();
  if (!window.PublicKeyCredential) return say(form, form.dataset.none);
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    const verb = form.dataset.passkey;
    const credential = await navigator.credentials[verb](question(await asked(form), verb));
    form.elements.credential.value = answer(credential);
    ours.add(form);
    form.submit();
  } catch (error) {
    button.disabled = false;
    say(form, error.name === "SecurityError" ? form.dataset.place : form.dataset.failed);
  }
});
