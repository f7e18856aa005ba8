// The npm package «node-smsc» as a client of our fake gateway. Arguments: its address, login, password, a phone.
const smsc = require('node-smsc');

const [request, login, password, phone] = process.argv.slice(2);
const client = smsc({ request: `${request}/`, login, password });

async function main() {
  const told = { cost: await client.send({ phones: phone, mes: 'Ждём вас', cost: 1 }) };
  told.sent = await client.send({ phones: phone, mes: 'Ждём вас', sender: 'PRIYOM', id: 77, cost: 3 });
  told.one = await client.status({ phone, id: 77 });
  told.list = await client.status({ phone: `${phone},79990000000`, id: '77,78' });
  told.balance = await client.balance({ cur: 1 });
  const stranger = smsc({ request: `${request}/`, login, password: 'nonsense' });
  told.refused = await stranger.balance().catch((error) => error.response);
  console.log(JSON.stringify(told));
}

main();
