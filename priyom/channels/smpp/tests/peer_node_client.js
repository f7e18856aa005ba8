// The npm package «smpp» as a client of our fake SMS centre. Arguments: port, system_id, password, the clinic's number,
// a patient's number. It is refused, bound, throttled on nothing, gets its receipts and asks after a message.
const smpp = require('smpp');

const [port, systemId, password, from, to] = process.argv.slice(2);
const told = { refused: [], ids: [], statuses: [], receipts: [], words: [] };

const connect = () => new Promise((done) => {
  const session = smpp.connect({ host: '127.0.0.1', port: Number(port) }, () => done(session));
  session.on('error', (error) => { console.error(error); process.exit(1); });
});
const ask = (session, command, fields) => new Promise((done) => session[command](fields, done));

async function main() {
  const session = await connect();
  session.on('deliver_sm', (pdu) => {
    session.send(pdu.response());
    const text = pdu.short_message.message.toString();
    if (pdu.esm_class & 0x04) {
      told.receipts.push([pdu.receipted_message_id, pdu.message_state, text.replace(/^.*stat:(\w+).*$/, '$1')]);
    } else {
      told.words.push(text);
    }
  });
  const unbound = await ask(session, 'submit_sm', { destination_addr: to, short_message: 'too early' });
  const wrong = await ask(session, 'bind_transceiver', { system_id: systemId, password: 'nonsense' });
  told.refused.push(unbound.command_status, wrong.command_status);
  const bound = await ask(session, 'bind_transceiver', { system_id: systemId, password });
  told.refused.push((await ask(session, 'bind_transceiver', { system_id: systemId, password })).command_status);
  told.gateway = [bound.command_status, bound.system_id];

  const sm = { source_addr: from, source_addr_ton: 1, source_addr_npi: 1, destination_addr: to, dest_addr_ton: 1,
    dest_addr_npi: 1, registered_delivery: 1 };
  const texts = [{ short_message: 'Plain [words] 10€', data_coding: 0 }, { short_message: 'Ждём вас 👍', data_coding: 8 }];
  const whole = Buffer.from('Қабылдау '.repeat(10) + '👍', 'utf16le').swap16();
  [0, 1].forEach((at) => texts.push({
    data_coding: 8, esm_class: 0x40,
    short_message: { udh: Buffer.from([5, 0, 3, 9, 2, at + 1]), message: whole.subarray(at * 134, at * 134 + 134) },
  }));
  for (const text of texts) {
    const answer = await ask(session, 'submit_sm', { ...sm, ...text });
    told.ids.push(answer.message_id);
    told.statuses.push(answer.command_status);
  }
  told.refused.push((await ask(session, 'submit_sm', { ...sm, source_addr: '79995556677', short_message: 'x' })).command_status);
  const query = await ask(session, 'query_sm', { message_id: told.ids[0], source_addr: from, source_addr_ton: 1,
    source_addr_npi: 1 });
  told.state = query.message_state;
  told.enquired = (await ask(session, 'enquire_link', {})).command_status;
  while (told.receipts.length < texts.length) await new Promise((done) => setTimeout(done, 20));
  told.left = (await ask(session, 'unbind', {})).command_status;
  console.log(JSON.stringify(told));
  process.exit(0);
}

main();
