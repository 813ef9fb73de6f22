<?php
/**
 * What the plugin puts into pages, without WordPress: reads one question as JSON, prints its answer.
 */

namespace {
	define( 'ABSPATH', __DIR__ );
	$question = json_decode( stream_get_contents( STDIN ), true );

	class Line {
		public function __construct( private float $total, private string $mark, private int $product = 11 ) {}
		public function get_total() {
			return $this->total;
		}
		public function get_meta( $key ) {
			return '_perennial_donation' === $key ? $this->mark : '';
		}
		public function get_product_id() {
			return $this->product;
		}
	}
	class Order {
		public function get_id() {
			return 41;
		}
		public function has_status( $any ) {
			return in_array( $GLOBALS['question']['status'] ?? 'processing', $any, true );
		}
		public function get_items() {
			return array_map( fn ( $id ) => new Line( 12, '', $id ), $GLOBALS['question']['bought'] ?? array( 11 ) );
		}
		public function get_fees() {
			return array_map( fn ( $one ) => new Line( ...$one ), $GLOBALS['question']['fees'] );
		}
		public function get_meta() {
			return implode( array_column( $GLOBALS['question']['fees'], 1 ) );
		}
		public function get_currency() {
			return 'EUR';
		}
	}
	class Shop {
		public $cart;
		public function get_cart() {
			return array_map( fn ( $id ) => array( 'product_id' => $id ), $GLOBALS['question']['cart'] );
		}
	}
	function WC() {
		$shop       = new Shop();
		$shop->cart = $shop;
		return $shop;
	}
	function get_option() {
		return array(
			'state'  => 'paired',
			'widget' => 'widget-secret',
			'service' => 'https://rewards.example',
		);
	}
	function is_product() {
		return isset( $GLOBALS['question']['page'] );
	}
	function is_account_page() {
		return isset( $GLOBALS['question']['account'] );
	}
	function get_queried_object_id() {
		return $GLOBALS['question']['page'] ?? 7;
	}
	function wc_get_page_id() {
		return 3;
	}
	function home_url( $path = '' ) {
		return $path;
	}
	function esc_attr( $text ) {
		return htmlspecialchars( $text );
	}
	function esc_html( $text ) {
		return htmlspecialchars( $text );
	}
	function __( $words ) {
		return $words;
	}
	function is_rtl() {
		return false;
	}
	function wc_price( $amount, $how ) {
		return $how['currency'] . ' ' . number_format( $amount, 2 );
	}
	function wp_get_inline_script_tag( $code ) {
		return "<script>$code</script>";
	}
	function is_cart() {
		return false;
	}
	function is_checkout() {
		return false;
	}
	function get_template() {
		return 'storefront';
	}
	function get_bloginfo() {
		return 'en-US';
	}
	function admin_url( $path ) {
		return "/wp-admin/$path";
	}
	function plugins_url( $path ) {
		return "https://shop.example/plugin/$path";
	}
	function wp_enqueue_style( $name, $address ) {
		echo "<link href='$address'>";
	}
	function wp_style_add_data( $name, $key, $value ) {
		echo "<link $key='$value'>";
	}
	function wp_add_inline_style() {
	}
	function wp_print_inline_script_tag( $code, $attributes ) {
		echo '<script ' . json_encode( $attributes ) . ">$code</script>";
	}
	function untrailingslashit( $text ) {
		return rtrim( $text, '/' );
	}
	function wp_json_encode( $value ) {
		return json_encode( $value );
	}
	function wp_strip_all_tags( $text ) {
		return $text;
	}
}

namespace Perennial\Loyalty {
	const VERSION = '1';
	define( __NAMESPACE__ . '\FILE', $argv[1] . '/perennial-loyalty.php' );
	foreach ( array( 'settings', 'wire', 'token', 'donation', 'surfaces' ) as $part ) {
		require $argv[1] . "/includes/class-$part.php";
	}
	$asked = $GLOBALS['question'];
	ob_start();
	if ( isset( $asked['fees'] ) ) {
		Surfaces::note_order( new \Order() );
		Surfaces::gift_thanks();
		Surfaces::order_row();
	} elseif ( isset( $asked['cart'] ) ) {
		Surfaces::cart_row();
	} elseif ( isset( $asked['whole'] ) ) {
		Surfaces::add_style();
		Surfaces::add_script();
	} else {
		echo Surfaces::element( $asked['name'], $asked['given'] );
	}
	echo json_encode( ob_get_clean() );
}
