<?php
/**
 * What is for members of a level alone for a while: the products at the addresses the service named.
 *
 * The page is the same for everybody, so page caches stay right; the cart and the checkout refuse. Nothing
 * is asked of the service, and of the database only what the product and the shopper have loaded already.
 *
 * @package Perennial\Loyalty
 */

namespace Perennial\Loyalty;

use Automattic\WooCommerce\StoreApi\Exceptions\RouteException;

defined( 'ABSPATH' ) || exit;

/**
 * Members first.
 */
final class Early_Access {

	const CODE = 'early_access';

	/**
	 * What was found of a product before by this request: a cart is checked more than once.
	 *
	 * @var array
	 */
	private static $found = array();

	/**
	 * Take part in what WooCommerce does.
	 */
	public static function hook(): void {
		$told = Settings::is_paired() ? Settings::get( 'settings' ) : null;
		if ( empty( $told['early'] ) ) {
			return;
		}
		add_action( 'woocommerce_single_product_summary', array( self::class, 'tell' ), 25 );
		add_filter( 'woocommerce_add_to_cart_validation', array( self::class, 'let_add' ), 10, 2 );
		add_action( 'woocommerce_check_cart_items', array( self::class, 'check_cart' ) );
		add_action( 'woocommerce_store_api_cart_errors', array( self::class, 'check_blocks' ), 10, 2 );
	}

	/**
	 * On the product's page, to everybody alike.
	 */
	public static function tell(): void {
		global $product;
		$early = $product instanceof \WC_Product ? self::open_for( $product->get_id(), time() ) : array();
		if ( $early ) {
			/* translators: 1: name of a member's level, 2: a date. */
			printf( '<p class="perennial-early" style="margin-block-start:0.75em">%s</p>', esc_html( sprintf( __( 'Only for members of %1$s until %2$s.', 'perennial-loyalty' ), Standing::name( $early[0]['names'] ), self::day( $early[0] ) ) ) );
		}
	}

	/**
	 * A product is to be put into a cart.
	 *
	 * @param bool $is_good What others think.
	 * @param int  $id      The product, or one of its variations.
	 * @throws RouteException With our stable code, for the Store API.
	 */
	public static function let_add( $is_good, $id ) {
		$refused = $is_good ? self::refused( (int) $id ) : '';
		if ( '' === $refused ) {
			return $is_good;
		}
		if ( WC()->is_rest_api_request() && class_exists( RouteException::class ) ) {
			throw new RouteException( self::CODE, $refused, 403 ); // phpcs:ignore WordPress.Security.EscapeOutput.ExceptionNotEscaped -- JSON.
		}
		wc_add_notice( $refused, 'error', array( 'code' => self::CODE ) );
		return false;
	}

	/**
	 * The classic cart and checkout look once more: who has it in the cart may have signed out.
	 */
	public static function check_cart(): void {
		foreach ( self::refused_of( WC()->cart ) as $refused ) {
			wc_add_notice( $refused, 'error', array( 'code' => self::CODE ) );
		}
	}

	/**
	 * So do the blocks.
	 *
	 * @param \WP_Error $errors What is wrong with the cart.
	 * @param \WC_Cart  $cart   The cart.
	 */
	public static function check_blocks( $errors, $cart ): void {
		foreach ( self::refused_of( $cart ) as $refused ) {
			$errors->add( self::CODE, $refused );
		}
	}

	/**
	 * Why a cart cannot be bought by who is here.
	 *
	 * @param \WC_Cart $cart The cart.
	 * @return string[]
	 */
	private static function refused_of( $cart ): array {
		$found = array();
		foreach ( $cart->get_cart() as $line ) {
			$found[] = self::refused( (int) $line['product_id'] );
		}
		return array_unique( array_filter( $found ) );
	}

	/**
	 * Why who is here may not buy a product; an empty string when they may.
	 *
	 * @param int $id The product, or one of its variations.
	 */
	private static function refused( int $id ): string {
		$post  = get_post( $id );
		$id    = $post && 'product_variation' === $post->post_type ? $post->post_parent : $id;
		$early = self::open_for( $id, time() );
		foreach ( $early as $one ) {
			if ( array_intersect( $one['tags'], Standing::tags() ) ) {
				return '';
			}
		}
		if ( ! $early ) {
			return '';
		}
		/* translators: 1: name of a product, 2: name of a member's level, 3: a date. */
		return sprintf( __( '%1$s is only for members of %2$s until %3$s.', 'perennial-loyalty' ), get_the_title( $id ), Standing::name( $early[0]['names'] ), self::day( $early[0] ) );
	}

	/**
	 * What holds a product back now.
	 *
	 * @param int $id  The product.
	 * @param int $now Unix seconds.
	 * @return array[] Of our settings.
	 */
	private static function open_for( int $id, int $now ): array {
		if ( ! isset( self::$found[ $id ] ) ) {
			self::$found[ $id ] = array();
			foreach ( Settings::get( 'settings' )['early'] as $one ) {
				if ( $one['from'] <= $now && $now < $one['until'] && self::is_about( $one['url'], $id ) ) {
					self::$found[ $id ][] = $one;
				}
			}
		}
		return self::$found[ $id ];
	}

	/**
	 * Whether an address is a product's own, or that of one of its categories.
	 *
	 * Its slug is compared first: an address as the shop writes it may cost more.
	 *
	 * @param string $url The address.
	 * @param int    $id  The product.
	 */
	private static function is_about( string $url, int $id ): bool {
		$told = self::plain( $url );
		$post = get_post( $id );
		if ( ! $post ) {
			return false;
		}
		if ( self::ends_with( $told, $post->post_name ) && self::plain( (string) get_permalink( $post ) ) === $told ) {
			return true;
		}
		$categories = get_the_terms( $post, 'product_cat' );
		foreach ( is_array( $categories ) ? $categories : array() as $category ) {
			if ( self::ends_with( $told, $category->slug ) ) {
				$link = get_term_link( $category );
				if ( is_string( $link ) && self::plain( $link ) === $told ) {
					return true;
				}
			}
		}
		return false;
	}

	/**
	 * An address without what may differ: how it is reached, how it ends, how it is written.
	 *
	 * @param string $url The address.
	 */
	private static function plain( string $url ): string {
		return strtolower( rawurldecode( untrailingslashit( (string) preg_replace( '~^https?://|#.*$~i', '', $url ) ) ) );
	}

	/**
	 * Whether an address ends with a slug.
	 *
	 * @param string $address A plain one.
	 * @param string $slug    As WordPress keeps it.
	 */
	private static function ends_with( string $address, string $slug ): bool {
		$slug = strtolower( rawurldecode( $slug ) );
		return '' !== $slug && substr( $address, -strlen( $slug ) ) === $slug;
	}

	/**
	 * The day from which everybody may, in the shop's zone and language.
	 *
	 * @param array $early Of our settings.
	 */
	private static function day( array $early ): string {
		return (string) wp_date( get_option( 'date_format' ), (int) $early['until'] );
	}
}
