// The chat's page. The person's deeds are updates, signed, kept until taken and posted one at a time in order; what
// stands in the chat is asked of the server whenever its stream says so. No library: it must load on an old phone.
(function () {
  'use strict'
  const setup = JSON.parse(document.getElementById('setup').textContent)
  const say = setup.lines
  const $ = id => document.getElementById(id)
  const log = $('log'), field = $('text'), alone = window.parent === window
  const STORE = 'priyom-chat-' + setup.key
  let me = null, parent = null, open = alone, watched = alone, asked = false, known = false, prove = false
  let outbox = [], chosen = [], shown = new Map(), tag = '', told = new Set(), unread = 0
  let posting = false, retry = 0, timer = 0, source = null, ticket = '', wanted = '', started = false, over = false

  // -- signatures: SHA-256 and HMAC written out, for crypto.subtle is missing in a frame of a page without https --

  const K = [], H0 = []
  for (let n = 2, found = 0; found < 64; n++) {
    let prime = true
    for (let d = 2; d * d <= n; d++) if (n % d === 0) { prime = false; break }
    if (!prime) continue
    if (found < 8) H0.push((Math.sqrt(n) % 1 * 4294967296) | 0)
    K.push((Math.cbrt(n) % 1 * 4294967296) | 0)
    found++
  }

  function sha256(bytes) {
    const length = bytes.length, padded = new Uint8Array(((length + 8 >> 6) + 1) * 64)
    padded.set(bytes)
    padded[length] = 128
    const view = new DataView(padded.buffer), w = new Int32Array(64), h = Int32Array.from(H0)
    view.setUint32(padded.length - 8, Math.floor(length / 536870912))
    view.setUint32(padded.length - 4, length << 3 >>> 0)
    for (let at = 0; at < padded.length; at += 64) {
      for (let i = 0; i < 16; i++) w[i] = view.getInt32(at + i * 4)
      for (let i = 16; i < 64; i++) {
        const a = w[i - 15], b = w[i - 2]
        w[i] = w[i - 16] + w[i - 7] + ((a >>> 7 | a << 25) ^ (a >>> 18 | a << 14) ^ a >>> 3) +
          ((b >>> 17 | b << 15) ^ (b >>> 19 | b << 13) ^ b >>> 10)
      }
      let [a, b, c, d, e, f, g, k] = h
      for (let i = 0; i < 64; i++) {
        const one = k + ((e >>> 6 | e << 26) ^ (e >>> 11 | e << 21) ^ (e >>> 25 | e << 7)) + (e & f ^ ~e & g) + K[i] + w[i] | 0
        const two = ((a >>> 2 | a << 30) ^ (a >>> 13 | a << 19) ^ (a >>> 22 | a << 10)) + (a & b ^ a & c ^ b & c) | 0
        k = g; g = f; f = e; e = d + one | 0; d = c; c = b; b = a; a = one + two | 0
      }
      const sum = [a, b, c, d, e, f, g, k]
      for (let i = 0; i < 8; i++) h[i] = h[i] + sum[i] | 0
    }
    const out = new Uint8Array(32), words = new DataView(out.buffer)
    h.forEach((word, i) => words.setInt32(i * 4, word))
    return out
  }

  const utf8 = text => new TextEncoder().encode(text)
  const hex = bytes => Array.from(bytes, byte => (byte + 256).toString(16).slice(1)).join('')

  function hmac(key, text) {
    const pad = new Uint8Array(64), inner = utf8(text)
    pad.set(utf8(key).length > 64 ? sha256(utf8(key)) : utf8(key))
    const joined = (mask, rest) => {
      const all = new Uint8Array(64 + rest.length)
      all.set(pad.map(byte => byte ^ mask))
      all.set(rest, 64)
      return sha256(all)
    }
    return hex(joined(92, joined(54, inner)))
  }

  const sign = text => ({'x-priyom-visitor': me.visitor + '.' + hmac(me.key, text)})
  const random = () => hex(crypto.getRandomValues(new Uint8Array(16)))

  // -- keeping: the visitor on the site (by the tag's script), what is unsent here --

  function load(name) { try { return JSON.parse(localStorage.getItem(STORE + name)) } catch (e) { return null } }
  function keep(name, value) { try { localStorage.setItem(STORE + name, JSON.stringify(value)) } catch (e) { /* refused */ } }
  function report(what) { if (parent) window.parent.postMessage(what, parent) }
  function keepMe() { alone ? keep('', me) : report({priyom: 'keep', me}) }

  // -- talking to the house --

  async function call(path, fields) {
    const body = JSON.stringify(fields)
    const answer = await fetch(setup.base + path, {method: 'POST', body, headers: sign('update:' + body)})
    let said = {}
    try { said = await answer.json() } catch (e) { /* no words */ }
    return Object.assign(said, {status: answer.status, ok: answer.ok})
  }

  let entering = null // one visitor, however many things want one at once
  function enter() {
    if (!entering) {
      const over = () => { entering = null }
      entering = come()
      entering.then(over, over)
    }
    return entering
  }

  async function come() {
    if (!me) {
      const answer = await fetch(setup.base + 'visitor', {method: 'POST'})
      if (!answer.ok) throw new Error(String(answer.status))
      me = await answer.json()
      keepMe()
      queue({kind: 'opened', payload: wanted})
    } else if (wanted) queue({kind: 'opened', payload: wanted})
    wanted = ''
  }

  function queue(fields, more) {
    const update = Object.assign({update: Object.assign({id: random(), visitor: me.visitor}, fields), state: 'sending'}, more)
    outbox.push(update)
    save()
    pump()
    return update
  }

  function save() { keep('-outbox', outbox.filter(item => item.state === 'sending' && item.update.kind !== 'typing').map(item => ({update: item.update}))) }

  async function pump() {
    if (posting || !me) return
    const next = outbox.find(item => item.state === 'sending')
    if (!next) return
    posting = true
    let wait = 0
    try {
      next.update.visitor = me.visitor
      const body = JSON.stringify(next.update)
      const headers = Object.assign({'content-type': 'application/json'}, sign('update:' + body))
      const answer = await fetch(setup.hook, {method: 'POST', body, headers, keepalive: body.length < 60000})
      if (answer.ok) { next.state = 'taken'; retry = 0 }
      else if (answer.status === 403) { forget(); await enter() }
      else if (answer.status === 413 || answer.status === 400 || answer.status === 404) next.state = 'refused'
      else if (answer.status === 429) { wait = Math.min(60, Number(answer.headers.get('retry-after')) || 5); note(say.often) }
      else wait = pause()
      if (answer.ok) note('')
    } catch (e) {
      wait = pause()
      if (!me) setTimeout(begin, wait * 1000)
      if (outbox.some(item => item.update.kind === 'said' && item.state === 'sending')) note(say.offline)
    }
    posting = false
    if (next.state === 'taken' && next.update.kind === 'said') { offerPhone(); setTimeout(refresh, 2000) }
    if (next.state === 'taken' && next.update.kind !== 'said') outbox = outbox.filter(item => item !== next)
    save()
    render()
    wait ? setTimeout(pump, wait * 1000) : pump()
  }

  // Our key is no longer good (the account's secret was made anew): what is unsent goes out in a new visitor's name.
  function forget() {
    me = null
    tag = ticket = ''
    if (source) source.close()
    source = null
  }

  const pause = () => Math.min(60, Math.pow(2, retry++))

  let loading = false, again = false
  async function refresh() {
    if (!me) return
    if (loading) { again = true; return }
    loading = true
    try {
      const path = setup.base + 'messages'
      const answer = await fetch(path, {headers: Object.assign({'if-none-match': tag}, sign('read:' + path)), cache: 'no-store'})
      if (answer.status === 200) {
        const body = await answer.json()
        tag = answer.headers.get('etag') || ''
        take(body)
      } else if (answer.status === 403) { forget(); await enter() }
      follow()
    } catch (e) { /* the timer comes again */ }
    loading = false
    if (again) { again = false; refresh() }
    schedule()
  }

  function take(body) {
    known = body.known
    prove = body.prove
    ticket = body.live
    const fresh = body.messages.filter(item => !item.mine && !shown.has(item.id))
    if (fresh.length) { typing(false); if (shown.size && !fresh.every(item => item.quiet)) mark() }
    shown = new Map(body.messages.map(item => [item.id, item]))
    // What stands in the chat was taken, also where the answer to our posting was lost on the way.
    outbox.forEach(item => { if (shown.has(me.visitor + '.' + item.update.id)) { item.state = 'taken'; offerPhone() } })
    outbox = outbox.filter(item => !shown.has(me.visitor + '.' + item.update.id))
    save()
    const got = body.messages.filter(item => !item.mine && !item.got && !told.has('g' + item.id)).map(item => item.id)
    got.forEach(id => told.add('g' + id))
    if (got.length) queue({kind: 'got', messages: got.slice(-100)})
    render()
    look()
  }

  function schedule() {
    clearTimeout(timer)
    const live = source && source.readyState === 1
    timer = setTimeout(refresh, live ? 60000 : document.hidden ? 20000 : 5000)
  }

  function follow() {
    if (source && source.readyState !== 2 || !window.EventSource || !ticket) return
    source = new EventSource(setup.base + 'live?ticket=' + encodeURIComponent(ticket))
    source.addEventListener('news', refresh)
    source.addEventListener('typing', () => typing(true))
    source.onopen = schedule
    source.onerror = () => { if (source.readyState === 2) ticket = ''; tag = source.readyState === 2 ? '' : tag; schedule() }
  }

  // -- what has been seen --

  const atEnd = () => log.scrollHeight - log.scrollTop - log.clientHeight < 40
  const eyes = () => open && !document.hidden && (alone ? document.hasFocus() : watched || document.hasFocus())

  function look() {
    const theirs = Array.from(shown.values()).filter(item => !item.mine)
    const waiting = theirs.filter(item => !item.seen && !told.has('s' + item.id))
    if (waiting.length && eyes() && atEnd()) {
      theirs.forEach(item => told.add('s' + item.id))
      queue({kind: 'seen', message: theirs[theirs.length - 1].id})
      waiting.length = 0
    }
    if (waiting.length !== unread) { unread = waiting.length; report({priyom: 'unread', n: unread}) }
    $('fresh').hidden = !(unread && open && !atEnd())
  }

  function mark() { if (document.hidden && alone) document.title = '● ' + document.title.replace(/^● /, '') }

  // -- showing --

  function node(name, look, text) {
    const made = document.createElement(name)
    if (look) made.className = look
    if (text) made.textContent = text
    return made
  }

  function words(text) {
    const made = node('p', 'words')
    text.split(/(https?:\/\/[^\s<>"]+[^\s<>".,;:!?)»])/).forEach((part, i) => {
      if (i % 2) { const link = node('a', '', part); link.href = part; link.target = '_blank'; link.rel = 'noopener noreferrer'; made.append(link) }
      else if (part) made.append(part)
    })
    return made
  }

  function attached(file) {
    if (file.url && /^image\/(jpeg|png|webp|gif)$/.test(file.mime)) {
      const link = node('a', 'picture'), image = node('img')
      link.href = file.url; link.target = '_blank'; image.src = file.url; image.alt = file.name; image.loading = 'lazy'
      image.onload = () => { if (stuck) toEnd() }
      link.append(image)
      return link
    }
    const made = node(file.url ? 'a' : 'span', 'file', '📎 ' + file.name)
    if (file.url) { made.href = file.url; made.setAttribute('download', file.name) }
    return made
  }

  // Written out: browsers of many phones do not know Kazakh months.
  const two = number => (number + 100 + '').slice(1)
  const clock = moment => two(moment.getHours()) + ':' + two(moment.getMinutes())
  const day = moment => moment.getDate() + ' ' + setup.months[moment.getMonth()]

  function bubble(item, state) {
    const made = node('div', 'bubble ' + (item.mine ? 'mine' : 'theirs'))
    made.dataset.id = item.id
    made.append(node('span', 'hide', (item.mine ? say.you : say.clinic) + ': '))
    const quoted = item.reply_to && shown.get(item.reply_to)
    if (quoted && quoted.text) made.append(node('p', 'quote', quoted.text.slice(0, 120)))
    if (item.text) made.append(words(item.text))
    item.files.forEach(file => made.append(attached(file)))
    item.rows.forEach(row => {
      const line = node('div', 'row')
      row.forEach(one => line.append(choice(item, one)))
      made.append(line)
    })
    const foot = node('p', 'foot' + (state === say.refused ? ' bad' : ''), (item.at ? clock(new Date(item.at)) : '') + (state ? ' ' + state : ''))
    made.append(foot)
    return made
  }

  function choice(item, one) {
    if (one.url) {
      const link = node('a', 'choice', one.label)
      link.href = /^https?:/.test(one.url) ? one.url : '#'; link.target = '_blank'; link.rel = 'noopener noreferrer'
      return link
    }
    const made = node('button', 'choice', one.label)
    made.type = 'button'
    made.disabled = outbox.some(kept => kept.update.kind === 'pressed' && kept.update.payload === one.payload)
    made.onclick = () => { queue({kind: 'pressed', payload: one.payload, message: item.id}); made.disabled = true }
    return made
  }

  let stuck = true, drawn = new Map()
  function toEnd() { log.scrollTop = log.scrollHeight }

  function render() {
    stuck = atEnd() || !drawn.size
    const wantedNow = []
    let last = ''
    shown.forEach(item => {
      const moment = new Date(item.at), today = day(moment)
      if (today !== last) wantedNow.push(['day' + today, today, () => node('p', 'day', today)])
      last = today
      wantedNow.push([item.id, JSON.stringify(item), () => bubble(item, item.mine ? say.taken : '')])
    })
    outbox.filter(item => item.update.kind === 'said' && !shown.has(me.visitor + '.' + item.update.id)).forEach(item => {
      const state = say[item.state], update = item.update
      const as = {id: update.id, mine: true, text: update.text, rows: [], files: item.files || [], at: ''}
      wantedNow.push([me.visitor + '.' + update.id, state, () => bubble(as, state)])
    })
    if (!shown.size && !outbox.some(item => item.update.kind === 'said')) wantedNow.push(['hello', '', () => words(say.greeting)])
    lay(wantedNow)
    if (stuck) toEnd()
    $('fresh').hidden = !(unread && open && !atEnd())
    $('write').hidden = over
    $('begin-again').hidden = !over
  }

  function lay(items) {
    const old = drawn
    drawn = new Map()
    let place = log.firstChild
    items.forEach(([id, version, make]) => {
      const had = old.get(id)
      let made = had && had.version === version ? had.made : make()
      if (had && made !== had.made) { if (place === had.made) place = place.nextSibling; had.made.remove() }
      old.delete(id)
      drawn.set(id, {version, made})
      if (made === place) place = place.nextSibling
      else log.insertBefore(made, place)
    })
    old.forEach(had => { if (had.made === place) place = place.nextSibling; had.made.remove() })
  }

  let quiet = 0
  function typing(on) {
    clearTimeout(quiet)
    $('typing').textContent = on ? say.typing : ''
    if (on) quiet = setTimeout(() => typing(false), 8000)
  }

  function note(text) { $('note').textContent = text }

  // -- writing --

  let typedAt = 0
  field.addEventListener('input', () => {
    grow()
    const at = Date.now()
    if (!me || posting || at - typedAt < 5000 || !field.value.trim()) return
    typedAt = at
    const body = JSON.stringify({id: random(), visitor: me.visitor, kind: 'typing'})
    fetch(setup.hook, {method: 'POST', body, headers: sign('update:' + body)}).catch(() => 0)
  })
  field.addEventListener('keydown', event => {
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing && !matchMedia('(pointer: coarse)').matches) { event.preventDefault(); submit() }
  })

  function grow() { field.style.height = 'auto'; field.style.height = Math.min(field.scrollHeight + 2, 140) + 'px' }

  async function submit() {
    const text = field.value.trim().slice(0, 8000)
    if (!text && !chosen.length) return
    if (!me) { try { await enter() } catch (e) { note(say.lost); return } }
    const files = chosen
    field.value = ''; chosen = []; over = false
    grow(); chips()
    stuck = true
    queue({kind: 'said', text, files: files.map(file => file.sent)}, {files: files.map(file => ({name: file.sent.name, mime: '', url: ''}))})
    render(); toEnd()
    field.focus()
  }

  $('write').addEventListener('submit', event => { event.preventDefault(); submit() })
  $('attach').onclick = () => $('file').click()
  $('file').onchange = async () => {
    const files = Array.from($('file').files)
    $('file').value = ''
    note('')
    if (files.length + chosen.length > 10) { note(say.many); return }
    if (!me) { try { await enter() } catch (e) { note(say.lost); return } }
    for (const file of files) {
      try { chosen.push(await prepare(file)) } catch (e) { note(e.message === 'large' ? large(file) : say.lost) }
      chips()
    }
  }

  const large = file => say.large.replace('{name}', file.name).replace('{n}', String(setup.most / 1048576).replace('.', ','))

  async function prepare(file) {
    const small = /^image\/(jpeg|png|webp)/.test(file.type) && file.size > 200000 ? await shrink(file) : file
    const name = small === file ? file.name : file.name.replace(/\.\w+$/, '') + '.jpg'
    const sent = {name, mime: small.type || 'application/octet-stream', size: small.size}
    const inline = chosen.reduce((sum, item) => sum + (item.sent.content ? item.sent.size : 0), 0)
    const total = chosen.reduce((sum, item) => sum + item.sent.size, 0)
    if (total + small.size > setup.most) throw new Error('large')
    const bytes = new Uint8Array(await new Response(small).arrayBuffer())
    if (inline + small.size <= setup.inline) sent.content = base64(bytes)
    else {
      const answer = await fetch(setup.base + 'upload', {method: 'POST', body: small, headers: Object.assign({'content-type': 'application/octet-stream'}, sign('file:' + hex(sha256(bytes))))})
      if (!answer.ok) throw new Error(answer.status === 413 ? 'large' : 'lost')
      sent.ref = (await answer.json()).ref
    }
    return {sent}
  }

  function base64(bytes) {
    let text = ''
    for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode.apply(null, bytes.subarray(at, at + 8192))
    return btoa(text)
  }

  function shrink(file) {
    return new Promise(done => {
      const image = new Image(), url = URL.createObjectURL(file)
      image.onerror = () => done(file)
      image.onload = () => {
        const scale = Math.min(1, 1600 / Math.max(image.width, image.height)), canvas = document.createElement('canvas')
        canvas.width = Math.round(image.width * scale); canvas.height = Math.round(image.height * scale)
        canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height)
        URL.revokeObjectURL(url)
        canvas.toBlob(made => done(made && made.size < file.size ? made : file), 'image/jpeg', 0.85)
      }
      image.src = url
    })
  }

  function chips() {
    $('chips').textContent = ''
    chosen.forEach(file => {
      const made = node('button', 'chip', file.sent.name + ' ✕')
      made.type = 'button'
      made.setAttribute('aria-label', say.remove.replace('{name}', file.sent.name))
      made.onclick = () => { chosen = chosen.filter(one => one !== file); chips(); field.focus() }
      $('chips').append(made)
    })
  }

  // -- the phone number: asked once, proven by a code --

  function offerPhone() { if (!known && prove && !asked && $('ask').hidden) phone(true) }

  function phone(on, focus) {
    $('ask').hidden = !on
    $('by-number').hidden = false; $('by-code').hidden = true
    $('ask-words').textContent = say.ask; $('ask-note').textContent = ''
    if (on && focus) $('number').focus()
    if (stuck) toEnd()
  }

  function answered(said) {
    if (said.status === 429) return say.wait.replace('{n}', Math.ceil((said.seconds || 60) / 60))
    return {number: say.bad_number, sms: say.no_sms}[said.error] || say.lost
  }

  $('by-number').addEventListener('submit', async event => {
    event.preventDefault()
    const number = $('number').value.trim()
    if (number.replace(/\D/g, '').length < 10) { $('ask-note').textContent = say.bad_number; $('number').focus(); return }
    const said = await call('phone', {number, language: setup.language}).catch(() => ({}))
    if (!said.ok) { $('ask-note').textContent = answered(said); return }
    $('by-number').hidden = true; $('by-code').hidden = false
    $('ask-words').textContent = say.code_sent.replace('{phone}', said.phone); $('ask-note').textContent = ''
    $('code').value = ''; $('code').focus()
  })

  $('by-code').addEventListener('submit', async event => {
    event.preventDefault()
    const said = await call('code', {code: $('code').value}).catch(() => ({}))
    if (said.ok) {
      done()
      note(say.proven)
      refresh()
    } else if (said.error === 'code' && said.left) { $('ask-note').textContent = say.wrong.replace('{n}', said.left); $('code').select() }
    else { phone(true, true); $('ask-note').textContent = said.error === 'code' ? say.over : answered(said) }
  })

  function done() { asked = true; keep('-asked', true); $('ask').hidden = true; field.focus() }
  $('skip').onclick = done
  $('other').onclick = () => phone(true, true)

  // -- other ways --

  let sure = false
  async function ways() {
    const list = $('ways-list')
    $('chat').hidden = true; $('ways').hidden = false
    $('give').hidden = known || !prove
    sure = false; $('finish').textContent = say.finish; $('finish').hidden = !shown.size
    $('back').focus()
    list.textContent = ''
    try { if (!me) await enter() } catch (e) { list.append(node('p', '', say.lost)); return }
    const said = await call('messengers', {}).catch(() => ({}))
    if (!said.ok) { list.append(node('p', '', answered(said))); return }
    $('ways-words').textContent = said.messengers.length ? say.ways_more : say.ways_none
    said.messengers.forEach(way => {
      const item = node('li'), link = node('a', 'big', say.go_on.replace('{title}', way.title)), code = node('img', 'qr')
      link.href = way.url; link.target = '_blank'; link.rel = 'noopener noreferrer'
      code.src = 'data:image/svg+xml,' + encodeURIComponent(way.qr.replace('<svg ', '<svg xmlns="http://www.w3.org/2000/svg" '))
      code.alt = say.qr.replace('{title}', way.title)
      item.append(link, code)
      list.append(item)
    })
  }

  function chat() { $('ways').hidden = true; $('chat').hidden = false; field.focus() }
  $('more').onclick = () => $('ways').hidden ? ways() : chat()
  $('back').onclick = chat
  $('give').onclick = () => { chat(); phone(true, true) }
  $('finish').onclick = () => {
    if (!sure) { sure = true; $('finish').textContent = say.sure; return }
    over = true
    queue({kind: 'left'})
    chat()
    note(say.finished)
  }
  $('begin-again').onclick = () => { over = false; queue({kind: 'opened', payload: ''}); note('') }

  // -- the frame and its site --

  const fold = () => report({priyom: 'fold'})
  $('fold').onclick = fold
  $('fold').hidden = alone
  document.addEventListener('keydown', event => { if (event.key === 'Escape') $('ways').hidden ? fold() : chat() })
  log.addEventListener('scroll', () => { if (atEnd()) look() })
  $('fresh').onclick = () => { toEnd(); look() }
  window.addEventListener('focus', () => { look(); if (alone) document.title = document.title.replace(/^● /, '') })
  window.addEventListener('online', () => { retry = 0; pump(); refresh() })
  document.addEventListener('visibilitychange', () => { if (!document.hidden) { refresh(); look() } })
  window.addEventListener('resize', () => { if (stuck) toEnd() })

  window.addEventListener('message', event => {
    if (event.source !== window.parent || alone || !event.data) return
    if (setup.sites.concat(location.origin).indexOf(event.origin) < 0) return
    const said = event.data
    parent = event.origin
    if (said.priyom === 'hello' && !started) start(said.me, said.token, said.open)
    if (said.priyom === 'open') { open = true; unfold() }
    if (said.priyom === 'fold') open = false
    if (said.priyom === 'eyes') { watched = !!said.on; look() }
  })

  async function unfold() {
    if (!alone) field.focus()
    if (started && !me && !entering) await begin()
    toEnd(); look()
  }

  async function begin() {
    try { await enter() } catch (e) { note(say.lost); setTimeout(() => { if (!me) begin() }, 5000); return }
    refresh()
    pump()
  }

  function start(found, token, unfolded) {
    started = true
    $('send').disabled = false // until now there was nobody to send it
    me = found && /^[\w-]{16,64}$/.test(found.visitor) && /^[0-9a-f]{64}$/.test(found.key) ? found : null
    wanted = token || ''
    open = unfolded
    asked = !!load('-asked')
    outbox = (load('-outbox') || []).filter(item => me && item.update && item.update.visitor === me.visitor).map(item => ({update: item.update, state: 'sending', files: (item.update.files || []).map(file => ({name: file.name, mime: '', url: ''}))}))
    render()
    if (open || me) begin()
    if (open) unfold()
  }

  if (alone) start(load(''), (/[#&]priyom=([\w-]{24})/.exec(location.hash) || [])[1], true)
})()
