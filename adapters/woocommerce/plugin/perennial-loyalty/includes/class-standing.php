<?php
/**
 * What a member's level gives in the cart: the best of its discounts, and free delivery.
 *
 * The service writes which levels a customer stands on into that customer, and what levels give into our
 * settings. Nothing is asked of anybody while a cart is made.
 *
 * @package Perennial\Loyalty
 */

namespace Perennial\Loyalty;

use WC_Cart;

defined( 'ABSPATH' ) || exit;

/**
 * A discount is a coupon that exists only for those who stand on its level.
 */
final class Standing {

	const META   = '_perennial_standing'; // Of a customer: tags of the service, with spaces.
	const PREFIX = 'perennial-level-';
	const RATE   = 'perennial_level';

	/**
	 * Levels' tags by customer.
	 *
	 * @var array
	 */
	private static $tags = array();

	/**
	 * What their coupons are, by customer and code: a cart asks many times.
	 *
	 * @var array
	 */
	private static $coupons = array();

	/**
	 * Take part in what WooCommerce does.
	 */
	public static function hook(): void {
		if ( ! Settings::is_paired() ) {
			return;
		}
		add_filter( 'is_protected_meta', array( self::class, 'let_write' ), 10, 3 );
		$told = Settings::get( 'settings' );
		if ( empty( $told['perks'] ) ) {
			return;
		}
		add_filter( 'woocommerce_get_shop_coupon_data', array( self::class, 'coupon' ), 10, 2 );
		add_action( 'woocommerce_cart_loaded_from_session', array( self::class, 'refresh' ), 5 );
		add_action( 'woocommerce_before_calculate_totals', array( self::class, 'apply' ), 20 );
		add_filter( 'woocommerce_cart_totals_coupon_label', array( self::class, 'label' ), 10, 2 );
		add_filter( 'woocommerce_cart_totals_coupon_html', array( self::class, 'without_remove' ), 10, 3 );
		add_action( 'woocommerce_blocks_enqueue_cart_block_scripts_before', array( self::class, 'add_names' ) );
		add_action( 'woocommerce_blocks_enqueue_checkout_block_scripts_before', array( self::class, 'add_names' ) );
		add_filter( 'woocommerce_cart_shipping_packages', array( self::class, 'note_in' ) );
		add_filter( 'woocommerce_package_rates', array( self::class, 'deliver' ), 20, 2 );
	}

	/**
	 * WooCommerce's API drops a customer's hidden fields; this one the service writes by it.
	 *
	 * @param bool   $is_protected Whether a field is hidden.
	 * @param string $key          Its name.
	 * @param string $type         Of whom.
	 */
	public static function let_write( $is_protected, $key, $type ): bool {
		return $is_protected && ! ( self::META === $key && 'user' === $type && WC()->is_rest_api_request() );
	}

	/**
	 * A level's coupon, for those who have it.
	 *
	 * @param mixed $data What others made of the code.
	 * @param mixed $code The code.
	 * @return mixed
	 */
	public static function coupon( $data, $code ) {
		if ( ! is_string( $code ) || 0 !== strpos( strtolower( $code ), self::PREFIX ) ) {
			return $data;
		}
		$known = get_current_user_id() . ' ' . strtolower( $code );
		if ( ! array_key_exists( $known, self::$coupons ) ) {
			self::$coupons[ $known ] = self::made( strtolower( $code ) );
		}
		return self::$coupons[ $known ] ?? $data;
	}

	/**
	 * The coupon of a level that the signed-in customer has.
	 *
	 * @param string $code In small letters.
	 * @return array|null
	 */
	private static function made( string $code ): ?array {
		foreach ( self::perks( 'percent' ) as $perk ) {
			if ( $code === $perk['code'] ) {
				return array(
					'discount_type'      => 'percent',
					'amount'             => (string) (int) $perk['percent'],
					'individual_use'     => false,
					'product_categories' => self::categories( $perk ),
					'description'        => self::words( $perk ),
				);
			}
		}
		return null;
	}

	/**
	 * A cart that comes back may be of somebody whose level has changed.
	 *
	 * @param WC_Cart $cart The cart.
	 */
	public static function refresh( WC_Cart $cart ): void {
		$before = $cart->get_applied_coupons();
		self::apply( $cart );
		if ( $before !== $cart->get_applied_coupons() ) {
			$cart->calculate_totals();
		}
	}

	/**
	 * The best of a member's discounts is on the cart, and no other of ours.
	 *
	 * @param WC_Cart $cart The cart.
	 */
	public static function apply( WC_Cart $cart ): void {
		$others = array();
		$alone  = false;
		foreach ( $cart->get_applied_coupons() as $code ) {
			if ( 0 !== strpos( $code, self::PREFIX ) ) {
				$others[] = $code;
				$alone    = $alone || ( new \WC_Coupon( $code ) )->get_individual_use();
			}
		}
		$best = $alone ? null : self::best( $cart );
		$cart->set_applied_coupons( null === $best ? $others : array_merge( $others, array( $best['code'] ) ) );
	}

	/**
	 * What a level's coupon is called.
	 *
	 * @param string     $label  Its label.
	 * @param \WC_Coupon $coupon It.
	 */
	public static function label( $label, $coupon ): string {
		return self::is_ours( $coupon ) ? $coupon->get_description() : $label;
	}

	/**
	 * The same for the blocks, which know only codes.
	 */
	public static function add_names(): void {
		$names = array();
		foreach ( Settings::get( 'settings' )['perks'] as $perk ) {
			if ( 'percent' === $perk['kind'] ) {
				$names[ $perk['code'] ] = self::words( $perk );
			}
		}
		wp_enqueue_script( 'perennial-level-blocks', plugins_url( 'assets/level-blocks.js', FILE ), array( 'wc-blocks-checkout' ), VERSION, true );
		wp_add_inline_script( 'perennial-level-blocks', 'window.perennialLevels=' . wp_json_encode( (object) $names ) . ';', 'before' );
	}

	/**
	 * Nobody takes their level off by hand: it would be back at once.
	 *
	 * @param string     $html     The line.
	 * @param \WC_Coupon $coupon   Of this coupon.
	 * @param string     $discount Only its amount.
	 */
	public static function without_remove( $html, $coupon, $discount ): string {
		return self::is_ours( $coupon ) ? $discount : $html;
	}

	/**
	 * Rates are kept by what is in a package: so who has free delivery is in it, too.
	 *
	 * @param array[] $packages All.
	 * @return array[]
	 */
	public static function note_in( $packages ) {
		$free = self::perks( 'shipping' );
		foreach ( array_keys( $packages ) as $key ) {
			$packages[ $key ][ self::RATE ] = $free ? self::words( $free[0] ) : '';
		}
		return $packages;
	}

	/**
	 * Free delivery, wherever the shop delivers.
	 *
	 * @param \WC_Shipping_Rate[] $rates   What it costs others.
	 * @param array               $package Of this package.
	 * @return array
	 */
	public static function deliver( $rates, $package ) {
		if ( empty( $package[ self::RATE ] ) ) {
			return $rates;
		}
		$costs = array();
		foreach ( $rates as $rate ) {
			if ( ! in_array( $rate->get_method_id(), array( 'local_pickup', 'pickup_location' ), true ) ) {
				$costs[] = (float) $rate->get_cost();
			}
		}
		if ( ! $costs || 0.0 === min( $costs ) ) {
			return $rates;
		}
		$free = new \WC_Shipping_Rate( self::RATE . ':free', $package[ self::RATE ], '0', array(), self::RATE );
		return array( $free->get_id() => $free ) + $rates;
	}

	/**
	 * What the service wrote of the signed-in customer's levels; read once a request, since WooCommerce
	 * drops what is kept of its customers with each thing it writes of them.
	 *
	 * @return string[]
	 */
	public static function tags(): array {
		$user = get_current_user_id();
		if ( ! isset( self::$tags[ $user ] ) ) {
			$tags                = $user ? get_user_meta( $user, self::META, true ) : '';
			self::$tags[ $user ] = is_string( $tags ) && '' !== $tags ? explode( ' ', $tags ) : array();
		}
		return self::$tags[ $user ];
	}

	/**
	 * A level's name in the language of the page.
	 *
	 * @param string[] $names By the service's language tags.
	 */
	public static function name( array $names ): string {
		return Settings::in_language( $names, __( 'Loyal customer', 'perennial-loyalty' ) );
	}

	/**
	 * The perks of one kind that the signed-in customer has.
	 *
	 * @param string $kind percent or shipping.
	 * @return array[]
	 */
	private static function perks( string $kind ): array {
		$tags  = self::tags();
		$found = array();
		foreach ( $tags ? Settings::get( 'settings' )['perks'] : array() as $perk ) {
			if ( $kind === $perk['kind'] && in_array( $perk['tag'], $tags, true ) ) {
				$found[] = $perk;
			}
		}
		return $found;
	}

	/**
	 * Which discount takes most off this cart.
	 *
	 * @param WC_Cart $cart The cart.
	 * @return array|null
	 */
	private static function best( WC_Cart $cart ): ?array {
		$best = null;
		$most = 0.0;
		foreach ( self::perks( 'percent' ) as $perk ) {
			$off = 0.0;
			foreach ( $cart->get_cart() as $line ) {
				if ( self::covers( $perk, (int) $line['product_id'] ) ) {
					$off += (float) $line['data']->get_price() * $line['quantity'] * (int) $perk['percent'];
				}
			}
			if ( $off > $most ) {
				$most = $off;
				$best = $perk;
			}
		}
		return $best;
	}

	/**
	 * Whether a perk is about this product.
	 *
	 * @param array $perk    One.
	 * @param int   $product The product's id.
	 */
	private static function covers( array $perk, int $product ): bool {
		return empty( $perk['category'] ) || array() !== array_intersect( self::categories( $perk ), wc_get_product_cat_ids( $product ) );
	}

	/**
	 * The category a members' price is for. One that is gone covers nothing.
	 *
	 * @param array $perk One.
	 * @return int[]
	 */
	private static function categories( array $perk ): array {
		if ( empty( $perk['category'] ) ) {
			return array();
		}
		$term = get_term_by( 'name', $perk['category'], 'product_cat' );
		return array( $term ? (int) $term->term_id : -1 );
	}

	/**
	 * What shoppers read: the level, and what it gives.
	 *
	 * @param array $perk One.
	 */
	private static function words( array $perk ): string {
		$name = self::name( $perk['names'] );
		if ( 'shipping' === $perk['kind'] ) {
			/* translators: %s: name of a member's level. */
			return sprintf( __( '%s: free delivery', 'perennial-loyalty' ), $name );
		}
		$percent = Donation::in_order( number_format_i18n( (int) $perk['percent'] ) . '%' );
		if ( ! empty( $perk['category'] ) ) {
			/* translators: 1: name of a member's level, 2: a percentage, such as 10%, 3: name of a category. */
			return sprintf( __( '%1$s: %2$s off %3$s', 'perennial-loyalty' ), $name, $percent, $perk['category'] );
		}
		/* translators: 1: name of a member's level, 2: a percentage, such as 10%. */
		return sprintf( __( '%1$s: %2$s off', 'perennial-loyalty' ), $name, $percent );
	}

	/**
	 * Whether a coupon is a level's.
	 *
	 * @param \WC_Coupon|string $coupon It.
	 */
	private static function is_ours( $coupon ): bool {
		return $coupon instanceof \WC_Coupon && $coupon->get_virtual() && 0 === strpos( $coupon->get_code(), self::PREFIX );
	}
}
