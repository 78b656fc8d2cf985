"""The attributes that go on, by what their values may be (allow-list); their meaning is the same on every element.

Not here: addresses (xlink:href), which `Work.addresses` gives; formulas, which `formulas.py` reads; and what the schema
has besides, because it runs, fetches or names somebody: SQL and data sources, DDE, submission of forms, macros,
RDFa, keys of protections.
"""

from typing import Final

#: Numbers, lengths, colours, switches, words of closed lists: short, and of a few characters.
VALUES: Final = {
    "anim": """
        color-interpolation color-interpolation-direction iterate-interval iterate-type sub-item
    """,
    "calcext": """
        axis-color axis-position color color-axis color-first color-high color-last color-low color-markers
        color-negative color-series date display-empty-cells-as display-hidden display-type display-x-axis
        first gradient high icon-set-type id last line-width low markers max-axis-type max-length
        min-axis-type min-length negative negative-color positive-color repeat-item-labels right-to-left show-value
        sparkline-type type value-type
    """,
    "chart": """
        angle-offset attached-axis auto-position auto-size automatic-content axis-label-position axis-position
        base-time-unit class connect-bars data-label-number data-label-series data-label-symbol data-label-text
        data-source-has-labels deep dimension display-equation display-label display-r-square error-category
        error-lower-indicator error-lower-limit error-margin error-percentage error-upper-indicator
        error-upper-limit gap-width group-bars-per-axis hole-size include-hidden-cells interpolation
        interval-major interval-minor-divisor japanese-candle-stick label-arrangement label-position
        label-position-negative legend-align legend-position lines link-data-style-to-source logarithmic
        major-interval-time-unit major-interval-value maximum mean-value minimum minor-interval-time-unit
        minor-interval-value origin overlap percentage pie-offset regression-extrapolate-backward
        regression-extrapolate-forward regression-force-intercept regression-intercept-value
        regression-max-degree regression-moving-type regression-period regression-type repeated
        reverse-direction right-angled-axes scale-text series-source solid-type sort-by-x-values spline-order
        spline-resolution stacked symbol-height symbol-type symbol-width text-overlap three-dimensional
        tick-mark-position tick-marks-major-inner tick-marks-major-outer tick-marks-minor-inner
        tick-marks-minor-outer treat-empty-cells vertical visible
    """,
    "chartooo": """
        axis-type date-scale
    """,
    "css3t": """
        text-justify
    """,
    "dr3d": """
        ambient-color back-scale backface-culling center close-back close-front depth diffuse-color direction
        distance edge-rounding edge-rounding-mode emissive-color enabled end-angle focal-length
        horizontal-segments lighting-mode max-edge min-edge normals-direction normals-kind projection
        shade-mode shadow shadow-slant shininess size specular specular-color texture-filter
        texture-generation-mode-x texture-generation-mode-y texture-kind texture-mode vertical-segments vpn
        vrp vup
    """,
    "draw": """
        align angle auto-grow-height auto-grow-width background-size blue border caption-angle
        caption-angle-type caption-escape caption-escape-direction caption-fit-line-length caption-gap
        caption-line-length caption-point-x caption-point-y caption-type color color-inversion color-mode
        concave concentric-gradient-fill-allowed contrast corner-radius corners cx cy data decimal-places
        display distance dots1 dots1-length dots2 dots2-length draw-aspect end end-angle end-color
        end-glue-point end-guide end-intensity end-line-spacing-horizontal end-line-spacing-vertical engine
        escape-direction extrusion extrusion-allowed extrusion-brightness extrusion-color extrusion-depth
        extrusion-diffusion extrusion-first-light-direction extrusion-first-light-harsh
        extrusion-first-light-level extrusion-light-face extrusion-metal extrusion-number-of-line-segments
        extrusion-origin extrusion-rotation-angle extrusion-rotation-center extrusion-second-light-direction
        extrusion-second-light-harsh extrusion-second-light-level extrusion-shininess extrusion-skew
        extrusion-specularity extrusion-viewpoint fill fill-color fill-hatch-solid fill-image-height
        fill-image-ref-point fill-image-ref-point-x fill-image-ref-point-y fill-image-width fit-to-contour
        fit-to-size frame-display-border frame-display-scrollbar frame-margin-horizontal frame-margin-vertical
        gamma glue-point-leaving-directions glue-point-type gradient-step-count green guide-distance
        guide-overhang handle-mirror-horizontal handle-mirror-vertical handle-polar handle-position
        handle-radius-range-maximum handle-radius-range-minimum handle-range-x-maximum handle-range-x-minimum
        handle-range-y-maximum handle-range-y-minimum handle-switched image-opacity kind line-distance
        line-skew luminance marker-end-center marker-end-width marker-start-center marker-start-width
        measure-align measure-vertical-align mirror-horizontal mirror-vertical nohref ole-draw-aspect opacity
        page-number parallel path-stretchpoint-y placing protected recreate-on-edit red rotation
        secondary-fill-color shadow shadow-color shadow-offset-x shadow-offset-y shadow-opacity sharpness
        show-unit start start-angle start-color start-glue-point start-guide start-intensity
        start-line-spacing-horizontal start-line-spacing-vertical stroke stroke-linejoin style text-path
        text-path-allowed text-path-mode text-path-same-letter-heights text-path-scale text-rotate-angle
        textarea-horizontal-align textarea-vertical-align tile-repeat-offset type visible-area-height
        visible-area-left visible-area-top visible-area-width wrap-influence-on-position z-index
    """,
    "drawooo": """
        display enhanced-path sub-view-size
    """,
    "fo": """
        background-color border border-bottom border-left border-right border-top break-after break-before
        clip color column-count column-gap country end-indent font-size font-style font-variant font-weight
        height hyphenate hyphenation-keep hyphenation-ladder-count hyphenation-push-char-count
        hyphenation-remain-char-count keep-together keep-with-next language letter-spacing line-height margin
        margin-bottom margin-left margin-right margin-top max-height max-width min-height min-width orphans
        padding padding-bottom padding-left padding-right padding-top page-height page-width script
        space-after space-before start-indent text-align text-align-last text-indent text-shadow
        text-transform widows width wrap-option
    """,
    "form": """
        apply-design-mode auto-complete automatic-focus convert-empty-to-null current-selected current-state
        default-button delay-for-repeat disabled dropdown focus-on-click image-align image-position
        input-required is-tristate list-linkage-type max-length multi-line multiple orientation page-step-size
        printable readonly repeat selected size spin-button state step-size tab-index tab-stop toggle
        visual-effect
    """,
    "loext": """
        allow-overlap appearance blur border char-shading-value char-transparence checkbox checked color
        color-axis color-first color-high color-last color-low color-lum-mod color-lum-off color-markers
        color-negative color-series color-type combobox contextual-spacing custom-label-pos-x
        custom-label-pos-y custom-position-x data-label-wrap date date-time-unit decimal-places
        display-filter-buttons dropdown exponent-interval fill-color-lum-mod fill-theme-color
        fill-use-slide-background forced-exponent-sign glow-color glow-radius glow-transparency
        gradient-step-count hide-shadow hyphenation-no-caps hyphenation-no-last-word
        hyphenation-word-char-count hyphenation-zone id invert-if-negative line-height line-style
        line-theme-color lock major-origin margin-gutter max-denominator-value may-break-between-rows
        min-decimal-places num-list-label opacity padding picture plain-text reference-color
        regression-extrapolate-backward regression-extrapolate-forward regression-force-intercept
        regression-intercept-value regression-max-degree regression-moving-type regression-period
        rel-height-rel rel-width-rel ruby-position scale-to-X scale-to-Y select-protected-cells
        select-unprotected-cells shadow-blur showing-place-holder softedge-radius
        sparkline-type std-weight stroke-theme-color tab-index tab-stop-distance text-format-type text-justify
        text-overflow theme-color theme-type try-staggering-first type underline-theme-color vertical-justify
        writing-mode
    """,
    "number": """
        automatic-order calendar country decimal-places denominator-value display-factor exponent-interval
        forced-exponent-sign grouping language max-denominator-value min-decimal-places min-denominator-digits
        min-exponent-digits min-integer-digits min-numerator-digits position possessive-form rfc-language-tag
        script textual transliteration-country transliteration-language transliteration-spellout
        transliteration-style truncate-on-overflow
    """,
    "office": """
        boolean-value date-value display time-value value value-type
    """,
    "presentation": """
        animations background-objects-visible background-visible class delay direction display-date-time
        display-footer display-header display-page-number duration effect endless force-manual full-screen
        mouse-as-pen mouse-visible node-type pause placeholder preset-class preset-id preset-sub-type
        show-end-of-presentation-slide show-logo source speed start-scale start-with-navigator stay-on-top
        transition-on-click transition-speed transition-style transition-type user-transformed visibility
    """,
    "smil": """
        accelerate accumulate additive autoReverse calcMode decelerate direction dur endsync fadeColor fill
        fillDefault mode repeatCount repeatDur restart restartDefault subtype type
    """,
    "style": """
        adjustment auto-text-indent auto-update background-transparency border-line-width
        border-line-width-bottom border-line-width-left border-line-width-right border-line-width-top
        cell-protect class color column-width contextual-spacing country-asian country-complex decimal-places
        default-outline-level diagonal-bl-tr diagonal-bl-tr-widths diagonal-tl-br diagonal-tl-br-widths
        direction display distance distance-after-sep distance-before-sep dynamic-spacing editable family
        first-page-number flow-with-text font-charset font-charset-asian font-charset-complex
        font-family-generic font-family-generic-asian font-family-generic-complex
        font-independent-line-spacing font-pitch font-pitch-asian font-pitch-complex font-relief
        font-size-asian font-size-complex font-size-rel font-size-rel-asian font-size-rel-complex
        font-style-asian font-style-complex font-weight-asian font-weight-complex footnote-max-height
        glyph-orientation-vertical height horizontal-pos horizontal-rel join-border justify-single-word
        language-asian language-complex layout-grid-base-height layout-grid-base-width layout-grid-color
        layout-grid-display layout-grid-lines layout-grid-mode layout-grid-print layout-grid-ruby-below
        layout-grid-ruby-height layout-grid-snap-to layout-grid-snap-to-characters layout-grid-standard-mode
        leader-color leader-style leader-type leader-width legend-expansion legend-expansion-aspect-ratio
        length letter-kerning line-break line-height-at-least line-spacing line-style lines list-level
        may-break-between-rows min-row-height mirror num-letter-sync number-wrapped-paragraphs
        overflow-behavior page-number page-usage position print print-content print-orientation
        print-page-order protect punctuation-wrap register-true rel-column-width rel-height rel-width repeat
        repeat-content rfc-language-tag rfc-language-tag-asian rfc-language-tag-complex rotation-align
        rotation-angle row-height ruby-align ruby-position run-through scale-to scale-to-X scale-to-Y
        scale-to-pages script-asian script-complex script-type shadow shape-rotation shrink-to-fit
        snap-to-layout-grid style tab-stop-distance table-centering text-align-source text-autospace
        text-blinking text-combine text-emphasize text-line-through-color text-line-through-mode
        text-line-through-style text-line-through-text-style text-line-through-type text-line-through-width
        text-outline text-overline-color text-overline-mode text-overline-style text-overline-type
        text-overline-width text-position text-rotation-angle text-rotation-scale text-scale
        text-underline-color text-underline-mode text-underline-style text-underline-type text-underline-width
        type use-optimal-column-width use-optimal-row-height use-window-font-color vertical-align vertical-pos
        vertical-rel volatile width wrap wrap-contour wrap-contour-mode wrap-dynamic-threshold writing-mode
        writing-mode-automatic
    """,
    "svg": """
        accent-height alphabetic ascent bbox cap-height cx cy descent fill-rule font-size font-stretch
        font-style font-variant font-weight fx fy gradientTransform gradientUnits hanging height ideographic
        mathematical offset origin overline-position overline-thickness panose-1 r rx ry slope spreadMethod
        stemh stemv stop-color stop-opacity strikethrough-position strikethrough-thickness stroke-color
        stroke-linecap stroke-opacity stroke-width type underline-position underline-thickness units-per-em
        v-alphabetic v-hanging v-ideographic v-mathematical width x x-height x1 x2 y y1 y2
    """,
    "table": """
        acceptance-state add-empty-lines algorithm align allow-empty-cell automatic-find-labels
        bind-styles-to-content border-color border-model case-sensitive column condition-source contains-error
        contains-header copy-back copy-formulas copy-styles count country data-type date-end date-start
        date-value direction display display-border display-duplicates display-filter-buttons display-list
        display-member-mode drill-down-on-double-click embedded-number-behavior enabled end-column
        end-position end-row end-table end-x end-y field-number first-row-end-column first-row-start-column
        function grand-total group-by-field-number has-persistent-data identify-categories ignore-empty-rows
        index is-data-layout-field is-selection is-sub-table language last-row-end-column
        last-row-start-column layout-mode link-to-source-data marked-invalid matrix-covered maximum-difference
        member-count member-type message-type multi-deletion-spanned null-year number-columns-repeated
        number-columns-spanned number-matrix-columns-spanned number-matrix-rows-spanned number-rows-repeated
        number-rows-spanned on-update-keep-size on-update-keep-styles order orientation
        page-breaks-on-group-change position precision-as-shown print protect protected range-usable-as
        rejecting-change-id rfc-language-tag row search-criteria-must-apply-to-whole-cell show-details
        show-empty show-filter-button sort-mode start-column start-position start-row start-table status step
        steps table table-background track-changes type use-banding-columns-styles use-banding-rows-styles
        use-first-column-styles use-first-row-styles use-labels use-last-column-styles use-last-row-styles
        use-regular-expressions use-wildcards used-hierarchy value-type visibility
    """,
    "tableooo": """
        display-duplicates tab-color
    """,
    "text": """
        active alphabetical-separators anchor-page-number anchor-type animation animation-delay
        animation-direction animation-repeat animation-start-inside animation-steps animation-stop-inside
        bibliography-type bullet-relative-size c capitalize-entries caption-sequence-format combine-entries
        combine-entries-with-dash combine-entries-with-pp comma-separated consecutive-numbering
        continue-numbering copy-outline-levels count-empty-lines count-in-text-boxes current-value date-adjust
        date-value display display-levels display-outline-level dont-balance-text-columns duration fixed
        footnotes-position global ignore-case increment index-scope is-hidden is-list-header kind
        label-followed-by level line-break line-number list-level-position-and-space-mode
        list-tab-stop-position main-entry min-label-distance min-label-width note-class number-lines
        number-position numbered-entries offset outline-level page-adjust placeholder-type protected
        reference-format relative-tab-stop-position restart-numbering restart-on-page rfc-language-tag
        select-page sort-algorithm sort-ascending sort-by-position space-before start-numbering-at start-value
        tab-ref time-adjust time-value track-changes use-caption use-chart-objects use-draw-objects
        use-floating-frames use-graphics use-index-marks use-index-source-styles use-keys-as-entries
        use-math-objects use-objects use-other-objects use-outline-level use-soft-page-breaks
        use-spreadsheet-objects use-tables
    """,
    "xml": """
        space
    """,
}

#: Names that a person gave, references to them, cell addresses, words that are shown.
NAMES: Final = {
    "anim": """
        id
    """,
    "calcext": """
        apply-style-name base-cell-address cell-address data-range style target-range-address
    """,
    "chart": """
        column-mapping error-lower-range error-upper-range label-cell-address name row-mapping style-name
        symbol-name values-cell-range-address
    """,
    "draw": """
        caption-id chain-next-name class-names control copy-of display-name end-shape fill-gradient-name
        fill-hatch-name fill-image-name filter-name id layer marker-end marker-start master-page-name name
        nav-order notify-on-update-of-ranges opacity-name shape-id start-shape stroke-dash stroke-dash-names
        style-name symbol-color text-style-name unit
    """,
    "field": """
        name type value
    """,
    "fo": """
        font-family
    """,
    "form": """
        current-value echo-char for id label max-value min-value name title value
    """,
    "loext": """
        alias author-initials cell-address checked-state current-date custom-tab-stop data-range data-table
        date-format decorative display-text linked-style-name list-item-value mark-parent-name
        marker-style-name name num-list-format placeholder-doc-part resolved sender-initials shortname tab tag
        unchecked-state value
    """,
    "number": """
        decimal-replacement format-source style title transliteration-format
    """,
    "office": """
        currency name string-value target-frame-name title
    """,
    "presentation": """
        class-names group-id master-element name object pages path-id presentation-page-layout-name show
        start-page style-name use-date-time-name use-footer-name use-header-name
    """,
    "smil": """
        attributeName begin end targetElement
    """,
    "style": """
        apply-style-name base-cell-address char data-style-name display-name filter-name font-adornments
        font-family-asian font-family-complex font-name font-name-asian font-name-complex font-style-name
        font-style-name-asian font-style-name-complex leader-char leader-text leader-text-style
        list-style-name master-page-name name next-style-name num-format num-prefix num-suffix
        page-layout-name paper-tray-name parent-style-name percentage-data-style-name
        register-truth-ref-style-name style-name text-combine-end-char text-combine-start-char
        text-line-through-text
    """,
    "svg": """
        font-family name
    """,
    "table": """
        application-data base-cell-address buttons cell-address cell-range cell-range-address comment
        condition-source-range-address content-validation-name data-cell-range-address data-field
        default-cell-style-name end end-cell-address field-name grouped-by id label-cell-range-address
        member-name name operator paragraph-style-name print-ranges scenario-ranges selected-page
        source-cell-range-addresses source-field-name start structure-protected style-name target-cell-address
        target-range-address template-name title value
    """,
    "text": """
        address annote author author-initials bibliography-data-field booktitle bullet-char
        caption-sequence-name change-id chapter citation-body-style-name citation-style-name class-names
        cond-style-name continue-list custom1 custom2 custom3 custom4 custom5 default-style-name description
        edition editor howpublished id identifier index-name institution isbn issn journal key key1
        key1-phonetic key2 key2-phonetic label list-id main-entry-style-name master-page-name month name note
        number organizations pages prefix publisher ref-name report-type school section-name
        separation-character series string-value string-value-if-false string-value-if-true
        string-value-phonetic style-name style-override suffix title visited-style-name volume year
    """,
    "xml": """
        id
    """,
}

#: Lists of numbers of any length: paths, points, animations.
LISTS: Final = {
    "anim": """
        formula
    """,
    "dr3d": """
        transform
    """,
    "draw": """
        enhanced-path glue-points modifiers path-stretchpoint-x points text-areas transform
    """,
    "smil": """
        by from keySplines keyTimes to values
    """,
    "svg": """
        d path unicode-range viewBox widths
    """,
}

#: Words of which only these are harmless.
CLOSED: Final = {
    # Steps of a slide show (ODF 1.3 part 3, 19.369); the others run, play or open something.
    "presentation:action": "none previous-page next-page first-page last-page hide stop show fade-out",
    "script:event-name": "dom:click",
    # 19.246: "submit" and "url" send or open.
    "form:button-type": "push reset",
    # The service of LibreOffice that draws a control; any other could be one that somebody installed.
    "form:control-implementation": """
        ooo:com.sun.star.form.component.CheckBox ooo:com.sun.star.form.component.ComboBox
        ooo:com.sun.star.form.component.CommandButton ooo:com.sun.star.form.component.CurrencyField
        ooo:com.sun.star.form.component.DateField ooo:com.sun.star.form.component.FixedText
        ooo:com.sun.star.form.component.Form ooo:com.sun.star.form.component.FormattedField
        ooo:com.sun.star.form.component.GroupBox ooo:com.sun.star.form.component.ListBox
        ooo:com.sun.star.form.component.NumericField ooo:com.sun.star.form.component.PatternField
        ooo:com.sun.star.form.component.RadioButton ooo:com.sun.star.form.component.ScrollBar
        ooo:com.sun.star.form.component.SpinButton ooo:com.sun.star.form.component.TextField
        ooo:com.sun.star.form.component.TimeField
    """,
}

#: MathML 3 has attributes without a namespace.
MATH: Final = """
    accent accentunder align alignmentscope background bevelled class close color columnalign columnlines columnspacing
    columnspan columnwidth crossout denomalign depth dir display displaystyle edge encoding equalcolumns equalrows fence
    fontfamily fontsize fontstyle fontweight form frame framespacing groupalign height id indentalign indentshift
    largeop length linebreak lineleading linethickness location longdivstyle lquote lspace mathbackground mathcolor
    mathsize mathvariant maxsize maxwidth minlabelspacing minsize mode movablelimits notation numalign open order
    overflow position rowalign rowlines rowspacing rowspan rquote rspace scriptlevel scriptminsize scriptsizemultiplier
    selection separator separators shift side stackalign stretchy subscriptshift superscriptshift symmetric
    valign voffset width xref
"""
