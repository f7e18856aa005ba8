// vk-io talks to our fake VK: `base url, key, group, person`. Registers its own webhook on the list of Callback API,
// sends with a keyboard and files, then answers what the person does until «хватит». Prints what it saw as one line of JSON.
"use strict";

const { Agent, createServer } = require("node:http");
const { VK, Keyboard, APIError } = require("vk-io");

const [base, token, group, person] = process.argv.slice(2);
const peer = Number(person);
const secret = "their-made-up-secret";

async function main() {
  const seen = { events: [] };
  const ours = { token, apiBaseUrl: `${base}/method`, apiLimit: 20, agent: new Agent({ keepAlive: true }) };
  const { code } = await new VK(ours).api.groups.getCallbackConfirmationCode({ group_id: Number(group) });
  const vk = new VK({ ...ours, pollingGroupId: Number(group), webhookSecret: secret, webhookConfirmation: code });

  const over = new Promise((done) => {
    vk.updates.on("message_new", async (context) => {
      seen.events.push(["message_new", context.text ?? "", context.referralValue ?? "", context.attachments.length]);
      if (context.text === "хватит") return done();
      if (context.hasAttachments("doc")) seen.file = context.getAttachments("doc")[0].title;
    });
    vk.updates.on("message_event", async (context) => {
      seen.events.push(["message_event", context.eventPayload.p]);
      await context.answer({ type: "show_snackbar", text: "Записали" });
      await vk.api.messages.edit({ peer_id: peer, cmid: context.conversationMessageId, message: "Ждём. Записали" });
    });
    vk.updates.on("message_allow", async (context) => { seen.events.push(["message_allow", context.userId]); });
    vk.updates.on("message_deny", async (context) => { seen.events.push(["message_deny", context.userId]); });
    vk.updates.on("message_typing_state", async (context) => { seen.events.push(["typing", context.fromId]); });
  });

  const server = createServer(vk.updates.getWebhookCallback("/theirs"));
  await new Promise((done) => { server.listen(0, "127.0.0.1", done); });
  const url = `http://127.0.0.1:${server.address().port}/theirs`;
  const { server_id: id } = await vk.api.groups.addCallbackServer(
    { group_id: Number(group), url, title: "vk-io", secret_key: secret });
  const kinds = ["message_new", "message_event", "message_allow", "message_deny", "message_typing_state"];
  await vk.api.groups.setCallbackSettings(
    { group_id: Number(group), server_id: id, api_version: "5.199", ...Object.fromEntries(kinds.map((kind) => [kind, 1])) });

  const photo = await vk.upload.messagePhoto(
    { peer_id: peer, source: { value: Buffer.from("made-up picture"), filename: "map.jpg", contentType: "image/jpeg" } });
  const paper = await vk.upload.messageDocument(
    { peer_id: peer, title: "Памятка.pdf", source: { value: Buffer.from("%PDF made up"), filename: "paper.pdf" } });
  seen.attached = [photo.type, paper.type];
  const keyboard = Keyboard.builder().inline()
    .callbackButton({ label: "Приду", payload: { p: "ok" }, color: Keyboard.POSITIVE_COLOR })
    .textButton({ label: "Позже", payload: { p: "later" } }).row()
    .urlButton({ label: "Карта", url: "https://clinic.example/map" });
  const sent = await vk.api.messages.send(
    { peer_ids: [peer], random_id: 77, message: "Ждём вас", keyboard });
  seen.sent = sent[0].conversation_message_id;

  await vk.api.messages.send({ peer_id: peer, random_id: 79, attachment: [photo, paper].join(",") });
  try {
    await vk.api.messages.send({ peer_id: 999, random_id: 78, message: "Ждём вас" });
  } catch (error) {
    seen.refused = error instanceof APIError ? error.code : String(error);
  }
  await vk.api.messages.setActivity({ peer_id: peer, type: "typing" });
  await over;
  await new Promise((done) => { server.close(done); server.closeAllConnections(); });
  console.log(JSON.stringify(seen));
}

main().then(() => process.exit(0), (error) => { console.error(error); process.exit(1); });
