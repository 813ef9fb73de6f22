import{html as e,read as $,Widget as g}from"./kit.js?v=dad232834b";var n=class extends g{static observedAttributes=["campaign"];static styles="goal";async start(a){let{campaigns:s}=await $("goals",a),i=this.getAttribute("campaign"),r=i?s.find(({key:t})=>t===i):s[0];if(!r){this.leave(a);return}this.keepHeight(a);let{name:l,story:d,said:c,state:o,percent:p,paid_percent:b,lines:m}=r;this.draw(e`<section class="box" part="card" aria-labelledby="name"> <h2 id="name"><bdi>${l}</bdi></h2> ${d?e`<p class="fine"><bdi>${d}</bdi></p>`:""}
      <p class="sum">${c}</p>
      <div class="stem" part="stem" role="progressbar" aria-labelledby="name" aria-valuenow=${p} aria-valuetext=${c}
        data-state=${o} .style=${`--at:${p}%;--paid:${b}%`}><i></i><i></i><b></b></div>
      ${m.map(t=>e`<p class="fine">${t}</p>`)}
    </section>`)}};export{n as PerennialGoal};
