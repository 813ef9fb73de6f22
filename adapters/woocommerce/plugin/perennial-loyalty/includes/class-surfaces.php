<?php
/**
 * Where shoppers meet the programme: empty elements in the page, filled by the service's script.
 *
 * Nothing here depends on who looks, so page caches stay right; nothing asks the service or the
 * database.
 *
 * @package Perennial\Loyalty
 */

namespace Perennial\Loyalty;

defined( 'ABSPATH' ) || exit;

/**
 * The storefront's elements, by hook, by shortcode and by block.
 */
final class Surfaces {

	const HINT          = 'perennial_here'; // A cookie that says somebody is signed in, and which of a thousand they are.
	const MOST_PRODUCTS = 100;

	/**
	 * Keeps no room for a row that will not come: the browser rests, is held out, or the last try got nothing.
	 * Runs before anything is painted, so that nothing moves.
	 */
	const ROOM = 'try{let e=document.currentScript.parentNode,k=localStorage,[d,n,m]=JSON.parse(k["perennial:rows"]||"[]");if(document.readyState=="loading"&&(k["perennial:bare-"+(e.getAttribute("surface")||"")]>0||d>Date.now()/864e5-1&&!(m>n)))e.dataset.drawn=""}catch{}';

	/**
	 * Elements by the name of their shortcode and block, and where themes show them by themselves.
	 */
	const ELEMENTS = array(
		'panel'           => 'panel',
		'badge'           => 'badge',
		'tasks'           => 'tasks',
		'recommendations' => 'recommendations',
		'club'            => 'club',
		'rewards'         => 'club',
		'goal'            => 'goal',
	);

	/**
	 * The products of the order on this page, with commas.
	 *
	 * @var string
	 */
	private static $bought = '';

	/**
	 * What was given with the order on this page, as the shop writes money.
	 *
	 * @var string
	 */
	private static $given = '';

	/**
	 * The number of the order on this page, if it stands.
	 *
	 * @var int
	 */
	private static $standing = 0;

	/**
	 * Take part in what WordPress does.
	 */
	public static function hook(): void {
		if ( ! Settings::is_paired() ) {
			return;
		}
		add_action( 'init', array( self::class, 'hint' ) );
		add_action( 'wp_enqueue_scripts', array( self::class, 'add_style' ) );
		add_action( 'wp_footer', array( self::class, 'add_script' ) );
		add_action( 'woocommerce_single_product_summary', array( self::class, 'badge' ), 11 );
		add_action( 'woocommerce_after_add_to_cart_form', array( self::class, 'tasks' ) );
		add_action( 'woocommerce_after_single_product_summary', array( self::class, 'product_row' ), 14 );
		add_action( 'woocommerce_after_cart_table', array( self::class, 'cart_rewards' ) );
		add_action( 'woocommerce_after_cart', array( self::class, 'cart_row' ) );
		add_filter( 'render_block_woocommerce/cart', array( self::class, 'with_cart' ) );
		add_action( 'woocommerce_order_details_after_order_table', array( self::class, 'note_order' ) );
		add_action( 'woocommerce_thankyou', array( self::class, 'gift_thanks' ), 15 );
		add_action( 'woocommerce_thankyou', array( self::class, 'order_row' ), 20 );
		add_action( 'woocommerce_view_order', array( self::class, 'order_row' ), 20 );
		add_action( 'woocommerce_account_dashboard', array( self::class, 'account_row' ), 20 );
	}

	/**
	 * Shortcodes and blocks; there for a page that has one, connected or not.
	 */
	public static function register(): void {
		foreach ( array_keys( self::ELEMENTS ) as $name ) {
			add_shortcode(
				"perennial_$name",
				static function ( $given ) use ( $name ) {
					return self::element( $name, is_array( $given ) ? $given : array() );
				}
			);
		}
	}

	/**
	 * Tell the browser's script whether it is worth asking who the shopper is, and when it is somebody else.
	 */
	public static function hint(): void {
		$id   = get_current_user_id();
		$here = 0 === $id ? '' : (string) ( hexdec( substr( wp_hash( "perennial $id" ), 0, 6 ) ) % 1000 );
		if ( sanitize_key( wp_unslash( $_COOKIE[ self::HINT ] ?? '' ) ) !== $here && ! headers_sent() ) {
			setcookie(
				self::HINT,
				$here,
				array(
					'expires'  => '' === $here ? 1 : 0,
					'path'     => COOKIEPATH ? COOKIEPATH : '/',
					'secure'   => is_ssl(),
					'samesite' => 'Lax',
				)
			);
		}
	}

	/**
	 * The small style that keeps our elements' places while they load: the shop's own copy, because pages are painted
	 * only once their styles are there.
	 */
	public static function add_style(): void {
		wp_enqueue_style( 'perennial', plugins_url( 'assets/mount.css', FILE ), array(), VERSION );
		wp_style_add_data( 'perennial', 'path', dirname( FILE ) . '/assets/mount.css' ); // So that WordPress prints it into the page.
		if ( 'storefront' === get_template() ) { // Its bar for small screens would cover the launcher.
			wp_add_inline_style( 'perennial', '@media(max-width:768px){perennial-panel::part(launcher){inset-block-end:calc(4.236em + 16px)}}' );
		}
	}

	/**
	 * The script, and the panel's launcher where a theme has room for it.
	 */
	public static function add_script(): void {
		if ( ! is_cart() && ( ! is_checkout() || is_order_received_page() ) ) {
			echo self::element( 'panel', array() ); // phpcs:ignore WordPress.Security.EscapeOutput.OutputNotEscaped -- escaped where it is made.
		}
		// Fetched from inside, because a script's own address holds up the page's events while the service does not answer.
		$hint = 'let who=/(?:^|; )' . self::HINT . '=(\d+)/.exec(document.cookie);if(who)document.getElementById("perennial-loader").dataset.customer=who[1];';
		$load = 'import(' . wp_json_encode( Settings::service() . '/static/widgets/loader.js' ) . ').catch(()=>{})';
		wp_print_inline_script_tag(
			$hint . $load,
			array(
				'type'           => 'module',
				'id'             => 'perennial-loader',
				'data-base'      => Settings::service() . '/storefront/woocommerce/' . Settings::get( 'public_id' ),
				'data-token-url' => Token::url(),
				'data-lang'      => get_bloginfo( 'language' ),
			)
		);
	}

	/**
	 * One of our elements.
	 *
	 * @param string $name  Its name in ELEMENTS.
	 * @param array  $given Attributes a page gave it.
	 */
	public static function element( string $name, array $given ): string {
		if ( ! Settings::is_paired() ) {
			return '';
		}
		$attributes = array_intersect_key( $given, array_flip( array( 'surface', 'product', 'heading', 'campaign', 'tone' ) ) );
		if ( 'rewards' === $name ) {
			$attributes['only'] = 'rewards';
		}
		if ( in_array( $name, array( 'panel', 'club', 'rewards' ), true ) ) {
			$account                   = home_url( '/?page_id=' . wc_get_page_id( 'myaccount' ) ); // Its pretty address could cost a query.
			$attributes['join-href']   = $account;
			$attributes['log-in-href'] = $account;
		}
		if ( 'recommendations' === $name && empty( $attributes['surface'] ) && empty( $attributes['product'] ) ) {
			$attributes['surface'] = is_product() ? 'product' : ( is_account_page() ? 'account' : 'home' );
		}
		if ( in_array( $name, array( 'badge', 'tasks', 'recommendations' ), true ) && empty( $attributes['product'] ) && ! in_array( $attributes['surface'] ?? '', array( 'home', 'account' ), true ) ) {
			$attributes['product'] = (string) get_queried_object_id();
		}
		if ( 'recommendations' === $name ) {
			$attributes['class'] = 'alignwide'; // Block themes would hold it to the width of a text.
		}
		$tag  = 'perennial-' . self::ELEMENTS[ $name ];
		$html = "<$tag";
		foreach ( $attributes as $key => $value ) {
			$html .= sprintf( ' %s="%s"', $key, esc_attr( (string) $value ) );
		}
		$room = 'recommendations' === $name ? wp_get_inline_script_tag( self::ROOM ) : '';
		return "$html>$room</$tag>";
	}

	/**
	 * What a product earns, below its price.
	 */
	public static function badge(): void {
		self::show( 'badge', self::product_shown() );
	}

	/**
	 * What else can be done on this page.
	 */
	public static function tasks(): void {
		self::show( 'tasks', self::product_shown() );
	}

	/**
	 * What goes with this product.
	 */
	public static function product_row(): void {
		self::show( 'recommendations', self::product_shown(), 'product' );
	}

	/**
	 * What points buy, in the classic cart.
	 */
	public static function cart_rewards(): void {
		if ( is_user_logged_in() ) {
			self::show( 'rewards', '' );
		}
	}

	/**
	 * What goes with the cart.
	 */
	public static function cart_row(): void {
		self::show( 'recommendations', self::cart_products(), 'cart' );
	}

	/**
	 * Both of them, after the cart block.
	 *
	 * @param string $html The block.
	 */
	public static function with_cart( string $html ): string {
		$products = self::cart_products();
		if ( '' === $products ) {
			return $html;
		}
		$rewards = is_user_logged_in() ? self::element( 'rewards', array() ) : '';
		$row     = array(
			'product' => $products,
			'surface' => 'cart',
		);
		return $html . $rewards . self::element( 'recommendations', $row );
	}

	/**
	 * Remember what an order on this page holds while the page has it in hand.
	 *
	 * @param \WC_Order $order The order.
	 */
	public static function note_order( $order ): void {
		$stands         = ! $order->has_status( array( 'failed', 'cancelled' ) );
		self::$bought   = self::products_of( $order );
		self::$standing = $stands ? $order->get_id() : 0;
		self::$given    = $stands ? self::gift_of( $order ) : '';
	}

	/**
	 * Thanks for a gift, what the shop gives for the order, and how far all have come.
	 */
	public static function gift_thanks(): void {
		if ( '' !== self::$given ) {
			/* translators: %s: an amount of money. */
			printf( '<p class="perennial-thanks">%s</p>', esc_html( sprintf( __( 'Thank you for your gift of %s.', 'perennial-loyalty' ), self::$given ) ) );
		}
		if ( 0 < self::$standing ) {
			printf( '<perennial-goal order="%s"></perennial-goal>', esc_attr( Token::of( self::$standing, 'order' ) ) );
		}
	}

	/**
	 * What goes with what was bought.
	 */
	public static function order_row(): void {
		self::show( 'recommendations', self::$bought, 'thank_you' );
	}

	/**
	 * What a member returns for, on the first page of their account.
	 */
	public static function account_row(): void {
		echo self::element( 'recommendations', array( 'surface' => 'account' ) ); // phpcs:ignore WordPress.Security.EscapeOutput.OutputNotEscaped -- escaped where it is made.
	}

	/**
	 * The products of an order, with commas.
	 *
	 * @param \WC_Order $order The order.
	 */
	public static function products_of( $order ): string {
		$ids = array();
		foreach ( $order->get_items() as $item ) {
			$ids[] = $item->get_product_id();
		}
		return implode( ',', array_slice( array_unique( array_filter( $ids ) ), 0, self::MOST_PRODUCTS ) );
	}

	/**
	 * What an order gives, as money is written here; an empty string for nothing.
	 *
	 * @param \WC_Order $order The order.
	 */
	private static function gift_of( $order ): string {
		$total = 0;
		foreach ( '' === $order->get_meta( Donation::META ) ? array() : $order->get_fees() as $item ) {
			$total += '' === $item->get_meta( Donation::META ) ? 0 : (float) $item->get_total();
		}
		if ( $total <= 0 ) {
			return '';
		}
		$price = wc_price(
			$total,
			array(
				'currency' => $order->get_currency(),
				'in_span'  => false,
			)
		);
		return Donation::in_order( html_entity_decode( wp_strip_all_tags( $price ), ENT_QUOTES, 'UTF-8' ) );
	}

	/**
	 * Print an element about some products; nothing about none.
	 *
	 * @param string $name     The element.
	 * @param string $products Their keys, with commas.
	 * @param string $surface  What kind of page it stands on, for a row.
	 */
	private static function show( string $name, string $products, string $surface = '' ): void {
		if ( '' !== $products || in_array( $name, array( 'rewards', 'goal' ), true ) ) {
			$given = array(
				'product' => $products,
				'surface' => $surface,
			);
			echo self::element( $name, array_filter( $given ) ); // phpcs:ignore WordPress.Security.EscapeOutput.OutputNotEscaped -- escaped where it is made.
		}
	}

	/**
	 * The product whose page this is.
	 */
	private static function product_shown(): string {
		global $product;
		return $product instanceof \WC_Product ? (string) $product->get_id() : '';
	}

	/**
	 * The products in the cart, the newest first.
	 */
	private static function cart_products(): string {
		$cart = function_exists( 'WC' ) && WC()->cart ? WC()->cart->get_cart() : array();
		$ids  = array_unique( array_column( array_reverse( $cart ), 'product_id' ) );
		return implode( ',', array_slice( $ids, 0, self::MOST_PRODUCTS ) );
	}
}
