import{address as $,html as n,read as h,Widget as b}from"./kit.js?v=5366ff82";var m=6,d=class extends b{static observedAttributes=["campaign"];static styles="goal";async start(a){let{campaigns:e}=await h("goals",a),s=this.getAttribute("campaign"),t=s?e.find(({key:o})=>o===s):e[0],i=this.getAttribute("order");t&&(this.keepHeight(a),this.#t(t,i?[]:void 0));let r=i?await u(i,a):[];r.length?this.#t(t,r):t||this.leave(a)}#t(a,e){let s=e&&n`<div class="given" role="status">${e.map(t=>n`<p>${t}</p>`)}</div>`;this.draw(n`${a&&f(a)}${s}`)}},f=({name:c,story:a,said:e,state:s,percent:t,paid_percent:i,lines:r,url:o,more:p})=>n`<section class="box" part="card" aria-labelledby="name"> <h2 id="name"><bdi>${c}</bdi></h2> ${a?n`<p class="fine"><bdi>${a}</bdi></p>`:""}
  <p class="sum">${e}</p>
  <div class="stem" part="stem" role="progressbar" aria-labelledby="name" aria-valuenow=${t} aria-valuetext=${e}
    data-state=${s} .style=${`--at:${t}%;--paid:${i}%`}><i></i><i></i><b></b></div>
  ${r.map(l=>n`<p class="fine">${l}</p>`)}
  <p class="fine"><a href=${o}>${p}</a></p>
</section>`;async function u(c,a){let e={Authorization:`Bearer ${c}`};for(let s=0;s<m;s+=1){let t=await fetch($("order"),{headers:e,signal:a});if(!t.ok)throw new Error(`http_${t.status}`);let{said:i,again_ms:r}=await t.json();if(!r)return i;await new Promise(o=>setTimeout(o,r*2**s))}return[]}export{d as PerennialGoal};
