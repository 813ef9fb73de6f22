<?php
/**
 * What the plugin decides about carts, without WordPress: reads one question as JSON, prints its answer.
 */

namespace {
	define( 'ABSPATH', __DIR__ );
	define( 'COOKIEPATH', '/' );
	$question = json_decode( stream_get_contents( STDIN ), true );

	class WP_Error {
		private $code;
		private $words;
		public function __construct( $code, $words ) {
			$this->code  = $code;
			$this->words = $words;
		}
		public function get_error_message() {
			return $this->words;
		}
		public function get_error_code() {
			return $this->code;
		}
	}
	class Session {
		public array $kept = array();
		public function get( $name ) {
			return $this->kept[ $name ] ?? null;
		}
		public function set( $name, $value ) {
			$this->kept[ $name ] = $value;
		}
	}
	class Cart {
		public function get_total() {
			return $GLOBALS['question']['total'];
		}
		public function get_fees() {
			return array();
		}
	}
	class Kept {
		public array $meta = array();
		public string $tax = 'taxable';
		public function set_tax_status( $status ) {
			$this->tax = $status;
		}
		public function update_meta_data( $key, $value ) {
			$this->meta[ $key ] = $value;
		}
		public function get_meta( $key ) {
			return $this->meta[ $key ] ?? '';
		}
	}
	class Shop {
		public $session;
		public $cart;
		public function is_rest_api_request() {
			return false;
		}
	}
	function WC() {
		static $shop = null;
		if ( null === $shop ) {
			$shop          = new Shop();
			$shop->session = new Session();
			$shop->cart    = isset( $GLOBALS['question']['total'] ) ? new Cart() : null;
			$shop->session->set( 'perennial_donation', $GLOBALS['question']['chosen'] ?? null );
		}
		return $shop;
	}
	function __( $words ) {
		return $words;
	}
	function get_option( $name, $otherwise = '' ) {
		return $GLOBALS['question']['options'][ $name ] ?? $otherwise;
	}
	function get_woocommerce_currency() {
		return $GLOBALS['question']['shop_currency'] ?? 'USD';
	}
	function get_current_user_id() {
		return isset( $GLOBALS['question']['standing'] ) ? 5 : 0;
	}
	function get_user_meta() {
		$GLOBALS['meta_read'] = 1 + ( $GLOBALS['meta_read'] ?? 0 );
		return $GLOBALS['question']['standing'];
	}
	function get_post( $id ) {
		return isset( $GLOBALS['question']['posts'][ $id ] ) ? (object) ( array( 'ID' => $id ) + $GLOBALS['question']['posts'][ $id ] ) : null;
	}
	function get_permalink( $post ) {
		return $post->link;
	}
	function get_the_terms( $post ) {
		return array_map( fn ( $one ) => (object) $one, $post->categories ?? array() );
	}
	function get_term_link( $term ) {
		return $term->link;
	}
	function get_the_title( $id ) {
		return "Product $id";
	}
	function determine_locale() {
		return $GLOBALS['question']['locale'] ?? 'en_US';
	}
	function wc_get_price_decimals() {
		return 2;
	}
	function wc_format_decimal( $amount, $decimals ) {
		return number_format( $amount, $decimals, '.', '' );
	}
	function wc_get_price_decimal_separator() {
		return $GLOBALS['question']['signs'][0] ?? '.';
	}
	function wc_get_price_thousand_separator() {
		return $GLOBALS['question']['signs'][1] ?? ',';
	}
	function wc_price( $amount ) {
		return '$' . number_format( $amount, 2 );
	}
	function wp_strip_all_tags( $text ) {
		return $text;
	}
	function number_format_i18n( $number ) {
		return (string) $number;
	}
	function wp_json_encode( $value ) {
		return json_encode( $value );
	}
	function wp_add_inline_script( $name, $code ) {
		$GLOBALS['code'] = $code;
	}
	function is_rtl() {
		return false;
	}
	function wp_date( $format, $time ) {
		return gmdate( 'Y-m-d', $time );
	}
	function untrailingslashit( $text ) {
		return rtrim( $text, '/' );
	}
	function is_wp_error( $one ) {
		return $one instanceof WP_Error;
	}
	function wc_add_notice( $words, $kind, $data ) {
		$GLOBALS['said'][] = array( $data['code'], $words );
	}
}

namespace Perennial\Loyalty {
	function time() {
		return $GLOBALS['question']['now'];
	}

	foreach ( array( 'settings', 'standing', 'gift-offer', 'donation', 'gift-form', 'gift-blocks', 'early-access' ) as $part ) {
		require $argv[1] . "/includes/class-$part.php";
	}
	$GLOBALS['said'] = array();
	$asked  = $GLOBALS['question'];
	$answer = null;
	if ( 'choose' === $asked['ask'] ) {
		$told   = Donation::choose( $asked['gift'], $asked['cause'], $asked['currency'], 'form', $asked['written'] ?? '' );
		$answer = array( true === $told ? 'kept' : $told->get_error_code(), Donation::chosen() );
	} elseif ( 'offer' === $asked['ask'] ) {
		$answer = Gift_Offer::now();
	} elseif ( 'shown' === $asked['ask'] ) {
		$answer = array( array_column( Donation::options(), 'value' ), Donation::held(), Donation::bounds() );
	} elseif ( 'preview' === $asked['ask'] ) {
		Gift_Form::preview( $asked['form'] );
		$answer = array( $GLOBALS['said'], Donation::chosen() );
	} elseif ( 'mark' === $asked['ask'] ) {
		$item  = new \Kept();
		$order = new \Kept();
		Donation::mark( $item, '', (object) array( 'id' => Donation::FEE ), $order );
		$answer = array( $item->meta, $order->meta, $item->tax );
	} elseif ( 'said' === $asked['ask'] ) {
		$answer = Donation::said();
	} elseif ( 'field' === $asked['ask'] ) {
		Gift_Blocks::take_field( Gift_Blocks::FIELD, $asked['value'] );
		$answer = Donation::chosen();
	} elseif ( 'words' === $asked['ask'] ) {
		$told = $asked['cart'] ? Gift_Blocks::data() : null;
		Gift_Blocks::add_words();
		$answer = array( $told, json_decode( rtrim( explode( '=', $GLOBALS['code'], 2 )[1], ';' ) )->told );
	} elseif ( 'tags' === $asked['ask'] ) {
		$answer = array( Standing::tags(), Standing::tags(), $GLOBALS['meta_read'] ?? 0 );
	} elseif ( 'let_add' === $asked['ask'] ) {
		$answer = array( Early_Access::let_add( true, $asked['product'] ), $GLOBALS['said'] );
	}
	echo json_encode( $answer );
}
