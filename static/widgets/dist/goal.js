import{html as e,read as g,Widget as f}from"./kit.js?v=870a8c1a49";var l=class extends f{static observedAttributes=["campaign"];static styles="goal";async start(a){let{campaigns:s}=await g("goals",a),i=this.getAttribute("campaign"),r=i?s.find(({key:t})=>t===i):s[0];if(!r){this.leave(a);return}this.keepHeight(a);let{name:n,story:p,said:c,state:o,percent:d,paid_percent:b,lines:m,url:$,more:h}=r;this.draw(e`<section class="box" part="card" aria-labelledby="name"> <h2 id="name"><bdi>${n}</bdi></h2> ${p?e`<p class="fine"><bdi>${p}</bdi></p>`:""}
      <p class="sum">${c}</p>
      <div class="stem" part="stem" role="progressbar" aria-labelledby="name" aria-valuenow=${d} aria-valuetext=${c}
        data-state=${o} .style=${`--at:${d}%;--paid:${b}%`}><i></i><i></i><b></b></div>
      ${m.map(t=>e`<p class="fine">${t}</p>`)}
      <p class="fine"><a href=${$}>${h}</a></p>
    </section>`)}};export{l as PerennialGoal};
