// The npm package «smpp» as a gateway: takes what our adapter sends, brings receipts and a person's SMS in two parts,
// asks after the line, and tells at the end what it has seen. Arguments: port, and the password it wants.
const smpp = require('smpp');

const [port, password] = [Number(process.argv[2]), process.argv[3]];
const seen = { binds: [], submits: [], answers: [], enquired: null, queries: 0 };
let number = 0x3e8;
let throttled = false;

const ESM = { receipt: 0x04, header: 0x40 };

function bring(session, pdu) {
  session.deliver_sm(pdu, (answer) => seen.answers.push(answer.command_status));
}

function receipt(session, pdu, id) {
  const text = `id:${String(id).padStart(10, '0')} sub:001 dlvrd:001 submit date:2603200900 done date:2603200901 ` +
    'stat:DELIVRD err:000 text:Hello';
  bring(session, {
    source_addr: pdu.destination_addr, source_addr_ton: 1, source_addr_npi: 1, destination_addr: pdu.source_addr,
    esm_class: ESM.receipt, data_coding: 0, short_message: text,
  });
}

function words(session) {
  const whole = Buffer.from('Сәлем! Келемін 👍'.repeat(6), 'utf16le').swap16();
  const pieces = [whole.subarray(0, 134), whole.subarray(134)];
  pieces.reverse().forEach((piece, index) => bring(session, {
    source_addr: '77011234567', source_addr_ton: 1, source_addr_npi: 1, destination_addr: '79000000001',
    esm_class: ESM.header, data_coding: 8,
    short_message: { udh: Buffer.from([5, 0, 3, 77, 2, 2 - index]), message: piece },
  }));
}

const server = smpp.createServer({}, (session) => {
  session.on('error', () => {});
  const bind = (pdu) => {
    seen.binds.push([pdu.command, pdu.system_id, pdu.interface_version]);
    const status = pdu.password === password ? 0 : smpp.ESME_RINVPASWD;
    session.send(pdu.response({ command_status: status, system_id: 'NODE' }));
  };
  session.on('bind_transceiver', bind);
  session.on('bind_transmitter', bind);
  session.on('submit_sm', (pdu) => {
    if (!throttled) {
      throttled = true;
      session.send(pdu.response({ command_status: smpp.ESME_RTHROTTLED }));
      return;
    }
    const message = pdu.short_message.message ?? pdu.message_payload?.message ?? '';
    seen.submits.push({
      from: [pdu.source_addr_ton, pdu.source_addr_npi, pdu.source_addr],
      to: [pdu.dest_addr_ton, pdu.dest_addr_npi, pdu.destination_addr],
      coding: pdu.data_coding, registered: pdu.registered_delivery, validity: String(pdu.validity_period),
      text: message.toString(), header: (pdu.short_message.udh ?? []).map((item) => [...item]),
      sar: [pdu.sar_msg_ref_num ?? null, pdu.sar_total_segments ?? null, pdu.sar_segment_seqnum ?? null],
    });
    const id = number;
    number += 1;
    session.send(pdu.response({ message_id: id.toString(16).toUpperCase() }));
    receipt(session, pdu, id);
    if (message.toString() === 'the end') {
      words(session);
      session.enquire_link({}, (answer) => { seen.enquired = answer.command_status; });
    }
  });
  session.on('query_sm', (pdu) => {
    seen.queries += 1;
    session.send(pdu.response({ message_id: pdu.message_id, message_state: 2, final_date: '', error_code: 0 }));
  });
  session.on('unbind', (pdu) => {
    session.send(pdu.response());
    if (seen.submits.length) {
      session.socket.end(() => {
        console.log(JSON.stringify(seen));
        process.exit(0);
      });
    }
  });
});
setTimeout(() => process.exit(1), 120000).unref();
server.listen(port, '127.0.0.1');
