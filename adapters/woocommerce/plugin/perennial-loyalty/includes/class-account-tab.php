<?php
/**
 * "My rewards": the member's own page inside their account.
 *
 * @package Perennial\Loyalty
 */

namespace Perennial\Loyalty;

defined( 'ABSPATH' ) || exit;

/**
 * An endpoint of My account.
 */
final class Account_Tab {

	const SLUG = 'rewards';

	/**
	 * Take part in what WordPress does.
	 */
	public static function hook(): void {
		if ( ! Settings::is_paired() ) {
			return;
		}
		add_action( 'init', array( self::class, 'add' ) );
		add_filter( 'woocommerce_get_query_vars', array( self::class, 'add_query' ) );
		add_filter( 'woocommerce_account_menu_items', array( self::class, 'add_item' ) );
		add_filter( 'woocommerce_endpoint_' . self::SLUG . '_title', array( self::class, 'title' ) );
		add_action( 'woocommerce_account_' . self::SLUG . '_endpoint', array( self::class, 'show' ) );
	}

	/**
	 * The tab's address; rewrite rules are made anew once after the shop was connected.
	 */
	public static function add(): void {
		add_rewrite_endpoint( self::SLUG, EP_ROOT | EP_PAGES );
		if ( Settings::get( 'routes' ) !== VERSION ) {
			flush_rewrite_rules( false );
			Settings::put( array( 'routes' => VERSION ) );
		}
	}

	/**
	 * WooCommerce's own list of such addresses.
	 *
	 * @param array $known Names by key.
	 * @return array
	 */
	public static function add_query( array $known ): array {
		$known[ self::SLUG ] = self::SLUG;
		return $known;
	}

	/**
	 * The tab, before the way out.
	 *
	 * @param array $items Words by endpoint.
	 * @return array
	 */
	public static function add_item( array $items ): array {
		$out = array();
		foreach ( $items as $endpoint => $words ) {
			if ( 'customer-logout' === $endpoint ) {
				$out[ self::SLUG ] = self::title();
			}
			$out[ $endpoint ] = $words;
		}
		return isset( $out[ self::SLUG ] ) ? $out : $out + array( self::SLUG => self::title() );
	}

	/**
	 * What it is called.
	 */
	public static function title(): string {
		return __( 'My rewards', 'perennial-loyalty' );
	}

	/**
	 * The page.
	 */
	public static function show(): void {
		echo Surfaces::element( 'club', array() ); // phpcs:ignore WordPress.Security.EscapeOutput.OutputNotEscaped -- escaped where it is made.
	}
}
