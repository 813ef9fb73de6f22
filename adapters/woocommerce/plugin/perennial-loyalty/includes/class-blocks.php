<?php
/**
 * Our elements as blocks, for who builds pages by hand.
 *
 * @package Perennial\Loyalty
 */

namespace Perennial\Loyalty;

defined( 'ABSPATH' ) || exit;

/**
 * A block is its element; its words and icon are read only where pages are edited.
 */
final class Blocks {

	/**
	 * Take part in what WordPress does.
	 */
	public static function hook(): void {
		add_action( 'init', array( self::class, 'register' ) );
		add_action( 'rest_api_init', array( self::class, 'describe' ), 0 );
	}

	/**
	 * For pages their working is enough; reading files would cost each of them.
	 */
	public static function register(): void {
		if ( is_admin() ) {
			self::describe();
			return;
		}
		foreach ( array_keys( Surfaces::ELEMENTS ) as $name ) {
			register_block_type( "perennial/$name", array( 'render_callback' => self::drawn( $name ) ) );
		}
	}

	/**
	 * For the editor: with everything that stands in block.json.
	 */
	public static function describe(): void {
		wp_register_script( 'perennial-blocks', plugins_url( 'assets/blocks.js', FILE ), array( 'wp-blocks', 'wp-block-editor', 'wp-components', 'wp-element' ), VERSION, true );
		$words = array(
			'heading'  => __( 'Heading', 'perennial-loyalty' ),
			'campaign' => __( 'Campaign’s key; empty: the newest', 'perennial-loyalty' ),
			'product'  => __( 'Product numbers, with commas; empty: the product of the page', 'perennial-loyalty' ),
			'tone'     => __( 'Colours', 'perennial-loyalty' ),
			'tones'    => array(
				''      => __( 'As the page', 'perennial-loyalty' ),
				'light' => __( 'Light', 'perennial-loyalty' ),
				'dark'  => __( 'Dark', 'perennial-loyalty' ),
			),
		);
		wp_add_inline_script( 'perennial-blocks', 'window.perennialBlocks=' . wp_json_encode( $words ) . ';', 'before' );
		foreach ( array_keys( Surfaces::ELEMENTS ) as $name ) {
			if ( \WP_Block_Type_Registry::get_instance()->is_registered( "perennial/$name" ) ) {
				unregister_block_type( "perennial/$name" );
			}
			register_block_type( __DIR__ . "/../blocks/$name", array( 'render_callback' => self::drawn( $name ) ) );
		}
	}

	/**
	 * How a block becomes its element.
	 *
	 * @param string $name Its name in Surfaces::ELEMENTS.
	 */
	private static function drawn( string $name ): callable {
		return static function ( $given ) use ( $name ) {
			$given = is_array( $given ) ? array_filter( $given ) : array();
			$html  = Surfaces::element( $name, $given );
			return empty( $given['align'] ) || '' === $html ? $html : sprintf( '<div class="align%s">%s</div>', esc_attr( $given['align'] ), $html );
		};
	}
}
